// A provider of identities written by others (npm oidc-provider), and a browser that walks through its pages, or those of another.
// Reads commands as JSON lines on standard input, answers each with a JSON line on standard output.
import http from 'node:http';
import https from 'node:https';
import { readFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';

const setup = JSON.parse(process.argv[2]);
const Provider = setup.browser_only ? null : (await import('oidc-provider')).default;
const tls = setup.cert ? { cert: readFileSync(setup.cert), key: readFileSync(setup.key) } : null;
const ca = setup.ca ? readFileSync(setup.ca) : undefined;

function key(alg) {
  const made = {
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
  }[alg]();
  return { ...made.privateKey.export({ format: 'jwk' }), alg, use: 'sig' };
}

let groups = setup.groups ?? {};
function configuration() {
  return {
    jwks: { keys: [key(setup.alg), key(setup.alg === 'RS256' ? 'ES256' : 'RS256')] },
    clients: [{
      client_id: 'interdict',
      client_secret: setup.auth === 'none' ? undefined : setup.secret,
      token_endpoint_auth_method: setup.auth,
      id_token_signed_response_alg: setup.alg,
      redirect_uris: [`${setup.service}/auth/callback`],
      post_logout_redirect_uris: [`${setup.service}/healthz`],
      backchannel_logout_uri: `${setup.service}/auth/backchannel-logout`,
      backchannel_logout_session_required: setup.session_required,
    }],
    conformIdTokenClaims: setup.thin,
    claims: { openid: ['sub'], profile: ['name', 'groups', 'realm_access'] },
    scopes: ['openid', 'profile'],
    pkce: { required: () => true, methods: ['S256'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    cookies: { keys: ['some key'] },
    async findAccount(ctx, id) {
      const own = groups[id] ?? [];
      return { accountId: id, claims: async () => ({ sub: id, name: `Dr ${id}`, groups: own, realm_access: { roles: own } }) };
    },
  };
}

let provider;
function renew() {
  provider = new Provider(setup.issuer, configuration());
  provider.on('server_error', (ctx, error) => say({ log: `server_error ${error.stack}` }));
  provider.on('backchannel.error', (ctx, error) => say({ log: `backchannel.error ${error.message}` }));
}
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
if (Provider) renew();
const asked = {};
const answer = (request, response) => {
  const path = request.url.split('?')[0];
  asked[path] = (asked[path] ?? 0) + 1;
  return provider.callback()(request, response);
};
const server = tls ? https.createServer(tls, answer) : http.createServer(answer);

// The browser: cookies by host and port as this test's hosts are, followed redirects, filled forms.
const jars = {};
function request(browser, method, address, headers = {}, body = '') {
  const url = new URL(address);
  jars[browser] ??= {};
  const jar = (jars[browser][url.host] ??= {});
  const cookie = Object.entries(jar).map(([name, value]) => `${name}=${value}`).join('; ');
  const all = { ...headers, ...(cookie ? { cookie } : {}), 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asking = (url.protocol === 'https:' ? https : http).request(url, { method, headers: all, ca }, (response) => {
      let text = '';
      for (const line of response.headers['set-cookie'] ?? []) {
        const [pair, ...rest] = line.split(';');
        const at = pair.indexOf('=');
        const gone = rest.some((word) => /^\s*max-age=0$/i.test(word) || /^\s*expires=thu, 01 jan 1970/i.test(word));
        if (gone) delete jar[pair.slice(0, at)]; else jar[pair.slice(0, at)] = pair.slice(at + 1);
      }
      response.setEncoding('utf8').on('data', (piece) => { text += piece; }).on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: text, url: address });
      });
    });
    asking.on('error', reject).end(body);
  });
}

// Goes where it is sent until a page stands still; fills the forms of the provider.
async function walk(browser, address, login) {
  const seen = [];
  let page = await request(browser, 'GET', address);
  for (let step = 0; step < 20; step += 1) {
    seen.push(`${page.status} ${new URL(page.url).pathname.replace(/[A-Za-z0-9_-]{20,}/g, 'X')}`);
    const to = page.headers.location;
    if (to) {
      page = await request(browser, 'GET', new URL(to, page.url).href);
    } else if (page.status === 200 && /<form/.test(page.body) && page.url.startsWith(setup.issuer)) {
      const form = page.body.match(/<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/);
      const fields = new URLSearchParams();
      for (const [tag] of page.body.matchAll(/<input[^>]*>/g)) {
        const name = tag.match(/name="([^"]+)"/)?.[1];
        if (name) fields.set(name, tag.match(/value="([^"]*)"/)?.[1] ?? '');
      }
      for (const name of ['login', 'username']) if (fields.has(name)) fields.set(name, login);
      if (fields.has('password')) fields.set('password', 'any');
      if (/name="logout"/.test(page.body)) fields.set('logout', 'yes');
      const kind = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(setup.issuer).origin };
      page = await request(browser, 'POST', new URL(form[1].replaceAll('&amp;', '&'), page.url).href, kind, fields.toString());
    } else break;
  }
  return { ...page, seen, cookies: Object.keys(jars[browser][new URL(setup.service).host] ?? {}) };
}

const commands = {
  walk: ({ browser, url, login }) => walk(browser, url, login),
  ask: ({ browser, method, url, headers, body }) => request(browser, method, url, headers, body),
  rotate: async () => { renew(); return {}; },
  groups: async ({ of }) => { groups = of; return {}; },
  asked: async () => asked,
};

if (Provider) server.listen(setup.port, '127.0.0.1', () => say({ ready: true })); else say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try { say({ answer: await commands[command.do](command) }); } catch (error) { say({ error: error.stack }); }
}
process.exit(0);
