'use strict';

// How npm's unmodified node-vault logs in: with passwords and with secret ids. The world and the helpers are those of node_vault_tour.js.

const assert = require('node:assert/strict');
const { client, issued, main, noted, planted, refused, root, state, step, steps, unseal } = require('./node_vault_tour.js');

steps.length = 0;

step('first', 'prepare', async () => {
  const answer = await client().init({ secret_shares: 1, secret_threshold: 1 });
  [answer.root_token, ...answer.keys, ...answer.keys_base64].forEach(noted);
  Object.assign(state(), { root: answer.root_token, keys: answer.keys_base64 });
  await unseal(state().keys);
  await root().enableAuth({ mount_point: 'userpass', type: 'userpass' });
  await root().enableAuth({ mount_point: 'approle', type: 'approle' });
});

step('first', 'users', async () => {
  const password = planted('password');
  await root().write('auth/userpass/users/bob', { password, token_policies: ['dev'] });
  const user = client();
  const auth = issued(await user.userpassLogin({ username: 'bob', password }));
  assert.deepEqual([auth.policies, auth.metadata], [['default', 'dev'], { username: 'bob' }]);
  assert.equal((await user.tokenLookupSelf()).data.display_name, 'userpass-bob');
  await refused(400, client().userpassLogin({ username: 'bob', password: 'wrong' }));
  await refused(400, client().userpassLogin({ username: 'eve', password: 'wrong' }));
  state().password = password;
});

step('first', 'app_roles', async () => {
  const role = { role_name: 'app' };
  await root().addApproleRole({ ...role, policies: 'dev', bind_secret_id: true, secret_id_num_uses: 3, secret_id_ttl: 3600, period: 600 });
  assert.deepEqual((await root().approleRoles()).data.keys, ['app']);
  assert.equal((await root().getApproleRole(role)).data.secret_id_num_uses, 3);
  await root().updateApproleRoleId({ ...role, role_id: 'app.example.org' });
  assert.equal((await root().getApproleRoleId(role)).data.role_id, 'app.example.org');
  const made = (await root().getApproleRoleSecret({ ...role, metadata: '{"host":"web-1"}' })).data;
  noted(made.secret_id);
  const program = client();
  const auth = issued(await program.approleLogin({ role_id: 'app.example.org', secret_id: made.secret_id }));
  assert.deepEqual([auth.metadata, auth.lease_duration], [{ role_name: 'app', host: 'web-1' }, 600]);
  await program.tokenRenewSelf();
  assert.deepEqual((await root().approleSecretAccessors(role)).data.keys, [made.secret_id_accessor]);
  assert.equal((await root().approleSecretLookup({ ...role, secret_id: made.secret_id })).data.secret_id_num_uses, 2);
  const byAccessor = await root().approleSecretAccessorLookup({ ...role, secret_id_accessor: made.secret_id_accessor });
  assert.deepEqual(byAccessor.data.metadata, { host: 'web-1' });
  await refused(400, client().approleLogin({ role_id: 'app.example.org', secret_id: 'wrong' }));
  await root().approleSecretAccessorDestroy({ ...role, secret_id_accessor: made.secret_id_accessor });
  await refused(400, client().approleLogin({ role_id: 'app.example.org', secret_id: made.secret_id }));
  const again = noted((await root().getApproleRoleSecret(role)).data.secret_id);
  await root().approleSecretDestroy({ ...role, secret_id: again });
  await root().deleteApproleRole(role);
  await refused(404, root().getApproleRole(role));
});

step('again', 'log_in_after_the_restart', async () => {
  await unseal(state().keys);
  issued(await client().userpassLogin({ username: 'bob', password: state().password }));
});

main();
