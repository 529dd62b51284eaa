// A real OpenID provider (oidc-provider) for tests of single sign-on: everybody gets in with any password, and who they
// are and which groups they have stands in the configuration. Started by backend/devtools/servers/oidc_provider.py.
//
//   node oidc-provider.mjs '{"port": 20001, "clientId": "…", "redirectUri": "…", "people": {"alice": {"groups": ["dba"]}}}'
//   The client's secret comes by the variable CLIENT_SECRET; without one it is a public client.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Provider } from "oidc-provider";

const { port, clientId, redirectUri, people, certificate, key, inIdToken } = JSON.parse(process.argv[2]);
const secret = process.env.CLIENT_SECRET;
const issuer = `${certificate ? "https" : "http"}://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      redirect_uris: [redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      ...(secret
        ? { client_secret: secret, token_endpoint_auth_method: "client_secret_basic" }
        : { token_endpoint_auth_method: "none" }),
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username", "name", "groups"], email: ["email"] },
  // By default the claims of a scope come from the userinfo endpoint alone.
  conformIdTokenClaims: !inIdToken,
  pkce: { required: () => true },
  cookies: { keys: ["of the tests"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context, id) =>
    people[id]
      ? { accountId: id, claims: () => ({ sub: id, preferred_username: id, ...people[id] }) }
      : undefined,
});

const server = certificate
  ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, provider.callback())
  : createServer(provider.callback());
server.listen(port, "127.0.0.1");
