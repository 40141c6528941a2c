'use strict';

// A tour of the server with npm's unmodified node-vault, in two parts: `first` on a fresh server, `again` after it was restarted.
//
// Reads its world from the environment: TOUR_ADDRESS, TOUR_CA (PEM), TOUR_AUDIT_DIR (where audit files may be made), TOUR_STATE (JSON carried from
// the first part to the second) and TOUR_SECRETS (every secret that the tour used is appended there, so that the caller can search for leaks).
// Prints `ok <step>` for each step and stops at the first that fails.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const vault = require('node-vault');

const { TOUR_ADDRESS, TOUR_CA, TOUR_AUDIT_DIR, TOUR_STATE, TOUR_SECRETS } = process.env;
const ca = fs.readFileSync(TOUR_CA);
const appPolicy = `
path "kv2/data/app/*" { capabilities = ["create", "read", "update", "patch"] }
path "kv2/data/app/forbidden" { capabilities = ["deny"] }
`;

let state = {};
const steps = [];
const step = (part, name, run) => steps.push({ part, name, run });
const client = (token, more) => vault({ endpoint: TOUR_ADDRESS, token, requestOptions: { ca }, ...more });
const root = () => client(state.root);
const wrapIn = (ttl) => ({ headers: { 'X-Vault-Wrap-TTL': ttl } });

function noted(value) {
  fs.appendFileSync(TOUR_SECRETS, `${value}\n`);
  return value;
}

const planted = (label) => noted(`planted-${label}-${crypto.randomBytes(12).toString('hex')}`);

function issued(answer) {
  noted(answer.auth.client_token);
  return answer.auth;
}

async function refused(status, call) {
  try {
    await call;
  } catch (error) {
    assert.ok(error.response, error);
    assert.ok([status].flat().includes(error.response.statusCode), `expected ${status}, got ${error.response.statusCode}: ${error.message}`);
    return error;
  }
  throw new Error(`expected ${status}, but it was answered`);
}

async function unseal(keys) {
  let answer;
  for (const key of keys) answer = await client().unseal({ key });
  assert.equal(answer.sealed, false);
}

// Seal and keys

step('first', 'fresh_server_is_not_initialised', async () => {
  assert.equal((await client().initialized()).initialized, false);
  assert.equal((await client().health()).initialized, false);
});

step('first', 'init_with_three_shares', async () => {
  const answer = await client().init({ secret_shares: 3, secret_threshold: 2 });
  assert.equal(answer.keys.length, 3);
  [answer.root_token, ...answer.keys, ...answer.keys_base64].forEach(noted);
  Object.assign(state, { root: answer.root_token, keys: answer.keys_base64 });
  assert.equal((await client().initialized()).initialized, true);
});

step('first', 'unseal_with_shares', async () => {
  const before = await client().status();
  assert.deepEqual([before.sealed, before.t, before.n, before.progress], [true, 2, 3, 0]);
  await refused(503, root().mounts());
  assert.equal((await client().unseal({ key: state.keys[0] })).progress, 1);
  assert.equal((await client().unseal({ reset: true })).progress, 0);
  await unseal(state.keys.slice(1));
});

step('first', 'health_and_leader', async () => {
  const health = await client().health();
  assert.deepEqual([health.initialized, health.sealed], [true, false]);
  assert.equal((await client().health({ activecode: 204 })) || '', '');
  assert.ok('leader_address' in (await root().leader()));
});

// Audit

step('first', 'enable_and_disable_audit', async () => {
  for (const name of ['main', 'second']) {
    await root().enableAudit({ name, type: 'file', options: { file_path: path.join(TOUR_AUDIT_DIR, `${name}.log`) } });
  }
  assert.deepEqual(Object.keys((await root().audits()).data).sort(), ['main/', 'second/']);
  await root().disableAudit({ name: 'second' });
  assert.deepEqual(Object.keys((await root().audits()).data), ['main/']);
  const { hash } = (await root().write('sys/audit-hash/main', { input: state.root })).data;
  assert.ok(fs.readFileSync(path.join(TOUR_AUDIT_DIR, 'main.log'), 'utf8').includes(hash));
});

// Mounts and policies

step('first', 'mounts', async () => {
  await root().mount({ mount_point: 'kv2', type: 'kv', options: { version: '2' } });
  await root().mount({ mount_point: 'plain', type: 'kv', options: { version: '1' }, description: 'plain' });
  await root().mount({ mount_point: 'short-lived', type: 'kv' });
  const mounts = (await root().mounts()).data;
  assert.equal(mounts['kv2/'].options.version, '2');
  assert.equal(mounts['plain/'].description, 'plain');
  await refused(400, root().mount({ mount_point: 'kv2', type: 'kv' }));
  await root().unmount({ mount_point: 'short-lived' });
  await refused(404, root().read('short-lived/x'));
});

step('first', 'remount', async () => {
  state.moved = planted('moved');
  await root().write('plain/app', { value: state.moved });
  await root().remount({ from: 'plain', to: 'kv1' });
  const deadline = Date.now() + 10000;
  while (!('kv1/' in (await root().mounts()).data)) {
    assert.ok(Date.now() < deadline, 'the mount did not arrive');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  assert.equal((await root().read('kv1/app')).data.value, state.moved);
});

step('first', 'policies', async () => {
  await root().addPolicy({ name: 'app', rules: appPolicy });
  await root().addPolicy({ name: 'brief', policy: 'path "x" { capabilities = ["read"] }' });
  assert.equal((await root().getPolicy({ name: 'app' })).rules.trim(), appPolicy.trim());
  assert.ok((await root().policies()).policies.includes('brief'));
  await root().removePolicy({ name: 'brief' });
  await refused(404, root().getPolicy({ name: 'brief' }));
  await refused(400, root().addPolicy({ name: 'bad', policy: 'path "x" {' }));
  assert.ok('token/' in (await root().auths()).data);
});

// Tokens

step('first', 'create_and_look_up_tokens', async () => {
  const auth = issued(await root().tokenCreate({ policies: ['app'], ttl: '1h', meta: { team: 'web' }, display_name: 'tour' }));
  Object.assign(state, { app: auth.client_token, accessor: auth.accessor });
  assert.deepEqual([auth.lease_duration, auth.renewable, [...auth.policies].sort()], [3600, true, ['app', 'default']]);
  assert.equal((await root().tokenLookup({ token: state.app })).data.meta.team, 'web');
  assert.equal((await root().tokenLookupAccessor({ accessor: state.accessor })).data.display_name, 'token-tour');
  assert.equal((await client(state.app).tokenLookupSelf()).data.accessor, state.accessor);
  assert.ok((await root().tokenAccessors()).data.keys.includes(state.accessor));
});

step('first', 'renew_tokens', async () => {
  assert.equal((await root().tokenRenew({ token: state.app, increment: '2h' })).auth.lease_duration, 7200);
  assert.equal((await client(state.app).tokenRenewSelf({ increment: 1800 })).auth.lease_duration, 1800);
});

step('first', 'revoke_tokens', async () => {
  const create = async () => issued(await root().tokenCreate({ policies: ['app'], ttl: '5m' }));
  const [one, two, three] = [await create(), await create(), await create()];
  await root().tokenRevoke({ token: one.client_token });
  await root().tokenRevokeAccessor({ accessor: two.accessor });
  await client(three.client_token).tokenRevokeSelf();
  for (const { client_token: token } of [one, two, three]) await refused(403, client(token).tokenLookupSelf());
});

step('first', 'orphans_and_limited_uses', async () => {
  assert.equal(issued(await root().tokenCreateOrphan({ policies: ['app'], ttl: '5m' })).orphan, true);
  const parent = issued(await root().tokenCreate({ policies: ['root'], ttl: '5m' })).client_token;
  const child = issued(await client(parent).tokenCreate({ policies: ['app'], ttl: '5m' })).client_token;
  await root().tokenRevokeOrphan({ token: parent });
  assert.equal((await client(child).tokenLookupSelf()).data.orphan, true);
  const once = client(issued(await root().tokenCreate({ policies: ['app'], num_uses: 1 })).client_token);
  await once.tokenLookupSelf();
  await refused(403, once.tokenLookupSelf());
});

step('first', 'token_roles', async () => {
  await root().addTokenRole({ role_name: 'tour', allowed_policies: 'app', orphan: true, renewable: true, path_suffix: 'sfx', period: 600 });
  assert.deepEqual((await root().getTokenRole({ role_name: 'tour' })).data.allowed_policies, ['app']);
  assert.deepEqual((await root().tokenRoles()).data.keys, ['tour']);
  assert.equal(issued(await root().tokenCreateRole({ role_name: 'tour', policies: ['app'] })).lease_duration, 600);
  await root().removeTokenRole({ role_name: 'tour' });
  await refused(404, root().getTokenRole({ role_name: 'tour' }));
});

step('first', 'leases_of_tokens', async () => {
  const token = issued(await root().tokenCreate({ policies: ['app'], ttl: '5m' })).client_token;
  const { keys } = (await root().list('sys/leases/lookup/auth/token/create')).data;
  assert.ok(keys.length > 0);
  await root().revokePrefix({ path_prefix: 'auth/token/create' });
  await refused(403, client(token).tokenLookupSelf());
  const app = issued(await root().tokenCreate({ policies: ['app'], ttl: '1h' }));
  Object.assign(state, { app: app.client_token, accessor: app.accessor });
});

// KV

step('first', 'kv1', async () => {
  const value = planted('kv1');
  await root().write('kv1/folder/db', { password: value, port: 5432 });
  assert.deepEqual((await root().read('kv1/folder/db')).data, { password: value, port: 5432 });
  assert.deepEqual((await root().list('kv1')).data.keys, ['app', 'folder/']);
  assert.deepEqual((await client(state.root, { noCustomHTTPVerbs: true }).list('kv1/folder')).data.keys, ['db']);
  await root().delete('kv1/folder/db');
  await refused(404, root().read('kv1/folder/db'));
});

step('first', 'kv2_write_read_and_versions', async () => {
  state.value = planted('kv2');
  assert.equal((await root().write('kv2/data/app/db', { data: { password: state.value }, options: { cas: 0 } })).data.version, 1);
  assert.equal((await root().write('kv2/data/app/db', { data: { password: 'x', user: 'u' } })).data.version, 2);
  await refused(400, root().write('kv2/data/app/db', { data: {}, options: { cas: 1 } }));
  assert.equal((await root().read('kv2/data/app/db?version=1')).data.data.password, state.value);
});

step('first', 'kv2_merge_patch', async () => {
  assert.equal((await root().update('kv2/data/app/db', { data: { user: null, added: { a: 1 } } })).data.version, 3);
  assert.deepEqual((await root().read('kv2/data/app/db')).data.data, { password: 'x', added: { a: 1 } });
  await refused(404, root().update('kv2/data/app/none', { data: { a: 1 } }));
});

step('first', 'kv2_metadata', async () => {
  await root().write('kv2/metadata/app/db', { max_versions: 4, custom_metadata: { owner: 'web' } });
  await root().update('kv2/metadata/app/db', { custom_metadata: { stage: 'prod' } });
  const { data } = await root().read('kv2/metadata/app/db');
  assert.deepEqual(data.custom_metadata, { owner: 'web', stage: 'prod' });
  assert.deepEqual([data.max_versions, data.current_version], [4, 3]);
  assert.deepEqual((await root().list('kv2/metadata/app')).data.keys, ['db']);
});

step('first', 'kv2_delete_undelete_destroy', async () => {
  await root().delete('kv2/data/app/db');
  const error = await refused(404, root().read('kv2/data/app/db'));
  assert.ok(error.response.body.data.metadata.deletion_time);
  await root().write('kv2/undelete/app/db', { versions: [3] });
  await root().read('kv2/data/app/db');
  await root().destroySecretVersions({ mount_point: 'kv2', path: 'app/db', versions: [2] });
  assert.equal((await root().read('kv2/metadata/app/db')).data.versions[2].destroyed, true);
});

step('first', 'help', async () => {
  assert.ok(JSON.stringify(await root().help('kv2/data/app')).includes('secret'));
});

step('first', 'policy_is_obeyed', async () => {
  const app = client(state.app);
  await app.write('kv2/data/app/mine', { data: { value: planted('mine') } });
  await refused(403, app.read('kv2/data/app/forbidden'));
  await refused(403, app.read('kv2/data/other'));
  await refused(403, app.mounts());
  await refused(403, client('hvs.no-such-token').read('kv2/data/app/db'));
});

// Wrapping and cubbyhole

step('first', 'wrapping', async () => {
  const { wrap_info: info } = await root().read('kv2/data/app/db?version=1', wrapIn('60s'));
  noted(info.token);
  assert.equal(info.ttl, 60);
  assert.equal((await client().write('sys/wrapping/lookup', { token: info.token })).data.creation_path, 'kv2/data/app/db');
  assert.equal((await client().unwrap({ token: info.token })).data.data.password, state.value);
  await refused(400, client().unwrap({ token: info.token }));
  const wrapped = await root().write('sys/wrapping/wrap', { value: state.value }, wrapIn('60s'));
  const again = await client().write('sys/wrapping/rewrap', { token: noted(wrapped.wrap_info.token) });
  assert.equal((await client(noted(again.wrap_info.token)).unwrap()).data.value, state.value);
});

step('first', 'cubbyhole', async () => {
  await client(state.app).write('cubbyhole/x', { value: planted('cubbyhole') });
  assert.deepEqual((await client(state.app).list('cubbyhole')).data.keys, ['x']);
  await refused(404, root().read('cubbyhole/x'));
  await client(state.app).delete('cubbyhole/x');
  await refused(404, client(state.app).read('cubbyhole/x'));
});

// Keys

step('first', 'rotate_and_seal', async () => {
  await root().rotate();
  assert.equal((await root().read('sys/key-status')).data.term, 2);
  await root().seal();
  assert.equal((await client().status()).sealed, true);
  await refused(503, root().read('kv2/data/app/db'));
  await unseal(state.keys.slice(0, 2));
  assert.equal((await root().read('kv2/data/app/db?version=1')).data.data.password, state.value);
});

// After the restart

step('again', 'restart_unseal_and_read_back', async () => {
  assert.equal((await client().status()).sealed, true);
  await refused(503, root().read('kv2/data/app/db'));
  await unseal(state.keys.slice(1));
  assert.equal((await root().read('kv2/data/app/db?version=1')).data.data.password, state.value);
  assert.equal((await root().read('kv1/app')).data.value, state.moved);
  await refused(403, client(state.app).read('kv2/data/app/forbidden'));
  assert.deepEqual(Object.keys((await root().audits()).data), ['main/']);
});

async function main(part) {
  if (fs.existsSync(TOUR_STATE)) state = JSON.parse(fs.readFileSync(TOUR_STATE, 'utf8'));
  for (const { name, run } of steps.filter((s) => s.part === part)) {
    try {
      await run();
    } catch (error) {
      console.log(`FAILED ${name}`);
      throw error;
    }
    console.log(`ok ${name}`);
  }
  fs.writeFileSync(TOUR_STATE, JSON.stringify(state));
}

function run() {
  main(process.argv[2]).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

// Other tours lend the helpers.
if (require.main === module) run();
module.exports = { client, issued, main: run, noted, planted, refused, root, state: () => state, step, steps, unseal };
