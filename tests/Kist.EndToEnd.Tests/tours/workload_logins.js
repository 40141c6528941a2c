'use strict';

// Logins with npm's unmodified node-vault by tokens that others have signed. Its world is that of workload_logins.py.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const vault = require('node-vault');

const { TOUR_ADDRESS, TOUR_CA, TOUR_TOKEN, TOUR_PEM, TOUR_JWT, TOUR_POD_JWT, TOUR_FORGED } = process.env;
const client = (token) => vault({ endpoint: TOUR_ADDRESS, token, requestOptions: { ca: fs.readFileSync(TOUR_CA) } });

async function refused(call) {
  await assert.rejects(call, (error) => error.response?.statusCode === 403);
}

async function main() {
  const root = client(TOUR_TOKEN);
  await root.enableAuth({ mount_point: 'jwt', type: 'jwt' });
  await root.write('auth/jwt/config', { jwt_validation_pubkeys: [TOUR_PEM], bound_issuer: 'https://ci.test' });
  await root.write('auth/jwt/role/ci', { role_type: 'jwt', user_claim: 'sub', bound_audiences: ['kist'], token_policies: ['deploy'] });
  const job = client();
  assert.deepEqual((await job.jwtLogin({ role: 'ci', jwt: TOUR_JWT })).auth.policies, ['default', 'deploy']);
  assert.equal((await job.tokenLookupSelf()).data.display_name, 'jwt-job-1');
  await refused(client().jwtLogin({ role: 'ci', jwt: TOUR_FORGED }));

  await root.enableAuth({ mount_point: 'kubernetes', type: 'kubernetes' });
  await root.write('auth/kubernetes/config', {
    kubernetes_host: 'https://127.0.0.1:1', pem_keys: [TOUR_PEM], issuer: 'https://cluster.test', token_verification: 'local',
  });
  // addKubernetesRole of this release fails before it sends anything.
  await root.write('auth/kubernetes/role/shop', { bound_service_account_names: 'web', bound_service_account_namespaces: 'shop', policies: 'shop', ttl: '1h' });
  const at = { mount_point: 'kubernetes' };
  assert.deepEqual((await root.getKubernetesRole({ ...at, role_name: 'shop' })).data.bound_service_account_namespaces, ['shop']);
  const pod = client();
  assert.equal((await pod.kubernetesLogin({ ...at, role: 'shop', jwt: TOUR_POD_JWT })).auth.metadata.service_account_namespace, 'shop');
  assert.equal((await pod.tokenLookupSelf()).data.display_name, 'kubernetes-shop-web');
  await refused(client().kubernetesLogin({ ...at, role: 'shop', jwt: TOUR_FORGED }));
  await root.deleteKubernetesRole({ ...at, role_name: 'shop' });
}

main().then(() => console.log('done'), (error) => {
  console.error(error);
  process.exit(1);
});
