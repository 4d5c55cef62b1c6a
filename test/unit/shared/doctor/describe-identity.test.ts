import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeIdentity } from '../../../../shared/doctor/describe-identity.ts';

const tokenOf = (claims: unknown) =>
  `header.${Buffer.from(JSON.stringify(claims), 'utf8').toString('base64url')}.signature`;

const app = '11111111-2222-3333-4444-555555555555';
const person = '66666666-7777-8888-9999-000000000000';
const resource =
  '/subscriptions/s/resourcegroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/connector';

describe('describeIdentity', () => {
  it.each([
    {
      who: 'a person, although the application that signed them in is named too',
      claims: { upn: 'ada@contoso.com', unique_name: 'ada@contoso.com', appid: app, oid: person, scp: 'user' },
      says: 'ada@contoso.com',
    },
    {
      who: 'a guest, who has no upn',
      claims: { unique_name: 'live.com#ada@contoso.com', appid: app, oid: person, scp: 'user' },
      says: 'live.com#ada@contoso.com',
    },
    {
      who: 'a person by the token of another version',
      claims: { preferred_username: 'ada@contoso.com', azp: app },
      says: 'ada@contoso.com',
    },
    {
      who: 'a person without any name',
      claims: { appid: app, oid: person, scp: 'user_impersonation' },
      says: `person ${person}`,
    },
    {
      who: 'a managed identity, by the resource that it is',
      claims: { appid: app, oid: person, idtyp: 'app', xms_mirid: resource },
      says: `managed identity ${app}`,
    },
    {
      who: 'a service principal, such as the one of a pipeline, which is no managed identity',
      claims: { appid: app, oid: person, idtyp: 'app' },
      says: `application ${app}`,
    },
    { who: 'an application by the token of another version', claims: { azp: app }, says: `application ${app}` },
    { who: 'somebody who has an object only', claims: { oid: person }, says: `identity ${person}` },
    { who: 'nobody', claims: { aud: 'https://storage.azure.com' }, says: 'unknown' },
    { who: 'a claim that is no text', claims: { appid: 4711 }, says: 'unknown' },
    { who: 'a claim that is empty', claims: { upn: '' }, says: 'unknown' },
    { who: 'a claim that is longer than any name', claims: { upn: 'a'.repeat(1_001) }, says: 'unknown' },
    { who: 'claims that are none', claims: ['upn'], says: 'unknown' },
  ])('knows $who', ({ claims, says }) => {
    expect(describeIdentity(tokenOf(claims), false)).toBe(says);
  });

  it.each([
    { claims: { appid: app, oid: person }, says: `local stand-in identity ${app}` },
    { claims: { oid: person }, says: `local stand-in identity ${person}` },
    { claims: {}, says: 'local stand-in identity' },
  ])('takes the identity of the local environment for what it is: $says', ({ claims, says }) => {
    expect(describeIdentity(tokenOf(claims), true)).toBe(says);
  });

  it.each(['', '.', 'no token', 'a.b.c', 'header.!!!.signature', `header.${Buffer.from('{').toString('base64url')}.x`])(
    'does not know whom %j stands for',
    (token) => {
      expect(describeIdentity(token, false)).toBe('unknown');
    },
  );

  it('never throws and never repeats the token', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (token, isLocal) => {
        const said = describeIdentity(`header.${token}.canary-4711-parrot`, isLocal);
        expect(said).not.toContain('canary-4711-parrot');
        expect(said.length).toBeGreaterThan(0);
      }),
    );
  });
});
