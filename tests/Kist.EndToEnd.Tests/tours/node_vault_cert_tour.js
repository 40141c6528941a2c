'use strict';

// Logs in with a client certificate by the unmodified node-vault. Reads the environment of hvac_cert_tour.py and prints `ok <step>` for each step.

const fs = require('fs');
const vault = require('node-vault');

const read = (name) => fs.readFileSync(process.env[name]);
const client = (token, more) => vault({
  endpoint: process.env.TOUR_ADDRESS,
  token,
  requestOptions: { ca: read('TOUR_CA'), strictSSL: true, ...more },
});

async function main() {
  const root = client(process.env.TOUR_TOKEN);
  await root.enableAuth({ mount_point: 'cert', type: 'cert' });
  await root.write('auth/cert/certs/web', { certificate: read('TOUR_CA').toString(), allowed_common_names: 'tour', token_policies: ['web'] });
  console.log('ok writes a role');

  const holder = client(undefined, { cert: read('TOUR_CERT'), key: read('TOUR_KEY') });
  const { auth } = await holder.certLogin();
  if (auth.policies.join() !== 'default,web' || auth.metadata.common_name !== 'tour') throw new Error(JSON.stringify(auth));
  console.log('ok logs in');

  const other = client(undefined, { cert: read('TOUR_OTHER_CERT'), key: read('TOUR_OTHER_KEY') });
  const refused = await other.certLogin().then(() => null, (error) => error);
  if (!refused || refused.response.statusCode !== 400) throw new Error(`not refused: ${refused}`);
  console.log('ok is refused with another\'s certificate');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
