import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAccount } from '../../../../shared/secrets/cyberark-answer.ts';

const WHAT = 'account "Desk" of safe "Tickets"';
const read = (status: number, body: unknown, retryAfterInSeconds?: number) =>
  readAccount({ status, body: typeof body === 'string' ? body : JSON.stringify(body), retryAfterInSeconds }, WHAT);

function faultOf(status: number, body: unknown): string {
  const account = read(status, body);
  return account.ok ? 'read' : account.fault;
}

function thrownBy(status: number, body: unknown, retryAfterInSeconds?: number): unknown {
  try {
    return read(status, body, retryAfterInSeconds);
  } catch (error) {
    return error;
  }
}

describe('an account', () => {
  it('is its password with user name and address, where it has them', () => {
    const body = { Content: 'S3cr3t', UserName: 'svc', Address: 'https://x', Safe: 'Tickets', LastTask: 'Change' };
    expect(read(200, body)).toEqual({
      ok: true,
      account: { Content: 'S3cr3t', UserName: 'svc', Address: 'https://x' },
    });
    expect(read(200, { Content: ' ', UserName: null })).toEqual({
      ok: true,
      account: { Content: ' ', UserName: null },
    });
  });

  it.each([false, 'false', 'False', 'no', 0, '0', '', null])(
    'whose change is in process is %j has a password that counts',
    (PasswordChangeInProcess) => {
      expect(read(200, { Content: 'S3cr3t', PasswordChangeInProcess })).toMatchObject({ ok: true });
    },
  );

  it.each([true, 'true', 'TRUE', ' Yes ', 'yes', 1, '1'])(
    'whose change is in process is %j is asked for again later, when the service says',
    (PasswordChangeInProcess) => {
      expect(thrownBy(200, { Content: 'S3cr3t', PasswordChangeInProcess }, 7)).toMatchObject({
        name: 'UnavailableError',
        message: `${WHAT}: its password is being changed; it is tried again`,
        failure: { class: 'transient', retryAfterInSeconds: 7 },
      });
    },
  );

  it('is never shown where it is not usable: the sentence is the same for any password', () => {
    const sentence = (password: string) => [
      faultOf(200, { Content: password, UserName: 7 }),
      faultOf(200, { Content: [password] }),
      faultOf(200, `{"Content":"${'x'.repeat(password.length)}`),
    ];
    fc.assert(
      fc.property(fc.string(), (password) => {
        expect(sentence(`${password}x`)).toEqual(sentence('x'));
      }),
    );
    expect(sentence('x')[0]).toBe(
      `${WHAT}: expected CyberArk's JSON of an account with a password in Content, got something else (UserName); check CyberArk:Server of appsettings.json and that account`,
    );
  });
});

describe('a code of CyberArk', () => {
  it.each([
    ['APPAP004E', 404, /check the name of the account and CyberArk:SafeName, and that the application/],
    ['APPAP227E', 400, /the safe has several accounts of that name/],
    ['APPAP228E', 400, /the safe has several accounts of that name/],
    ['APPAP229E', 400, /the safe has several accounts of that name/],
    ['APPAP008E', 403, /check CyberArk:ApplicationId, and that the application is defined/],
    ['APPAP306E', 403, /check what CyberArk authenticates that application by \(client certificate, address\)/],
    ['APPAP081E', 400, /look for characters that CyberArk does not take/],
    ['AIMWS030E', 400, /look for characters that CyberArk does not take/],
    ['AIMWS031E', 400, /check CyberArk:ApplicationId of appsettings\.json$/],
    ['CASVL010E', 400, /look for characters that CyberArk does not take/],
    ['APPAP999E', 400, /check section CyberArk of appsettings\.json, and look the code up/],
    ['APPAP999E', 404, /check section CyberArk of appsettings\.json, and look the code up/],
    ['appap004e', 404, /check the name of the account/],
  ])('%s with status %i says what to do', (ErrorCode, status, remedy) => {
    const fault = faultOf(status, { ErrorCode, ErrorMsg: 'Some words' });
    expect(fault.slice(0, fault.indexOf(';'))).toBe(
      `${WHAT}: CyberArk refused it (${status} ${ErrorCode.toUpperCase()}: Some words)`,
    );
    expect(fault.slice(fault.indexOf(';'))).toMatch(remedy);
  });

  it.each(['APPAP007E', 'APPAP282E', 'APPAP286E', 'APPAP289E', 'APPAP291E', 'APPAP292E'])(
    '%s is one of a service that is unwell, whatever the status',
    (ErrorCode) => {
      for (const status of [400, 403, 404, 500])
        expect(thrownBy(status, { ErrorCode, ErrorMsg: 'Some words' })).toMatchObject({
          name: 'UnavailableError',
          message: `${WHAT}: CyberArk could not give it (${status} ${ErrorCode}: Some words); it is tried again`,
          failure: { class: 'transient' },
        });
    },
  );

  it.each(['CONSTRUCTOR', '__proto__', 'toString', ''])('%j is none that is known', (ErrorCode) => {
    expect(faultOf(400, { ErrorCode })).toMatch(/check section CyberArk of appsettings\.json, and look the code up/);
  });

  it('is shown with one line of its words, at most 200 characters', () => {
    const fault = faultOf(400, {
      ErrorCode: `APPAP004E\n${'x'.repeat(99)}`,
      ErrorMsg: `a\r\nb\u2028${'y'.repeat(999)}`,
    });
    expect(fault).not.toMatch(/[\r\n\u2028]/);
    expect(fault.length).toBeLessThan(600);
  });
});

describe('an answer without a code', () => {
  it.each([
    [301, /check CyberArk:Server of appsettings\.json: it sends the app to another address$/],
    [302, /it sends the app to another address$/],
    [307, /it sends the app to another address$/],
    [308, /it sends the app to another address$/],
    [401, /the web server wants a login that this app has none of/],
    [403, /mostly it wants a client certificate that it trusts/],
    [404, /nothing answers at \/AIMWebService\/api\/Accounts there$/],
    [418, /check section CyberArk of appsettings\.json/],
  ])('and with status %i says what to look at', (status, remedy) => {
    for (const body of ['', '<html>S3cr3t</html>', '[]', '{"ErrorCode":7}', 'null']) {
      const fault = faultOf(status, body);
      expect(fault).toMatch(remedy);
      expect(fault).toContain(`CyberArk refused it (${status}); `);
    }
  });

  it.each([408, 429, 500, 502, 503, 504])('and with status %i is a service that is unwell', (status) => {
    expect(thrownBy(status, '<html>S3cr3t</html>', 30)).toMatchObject({
      name: 'UnavailableError',
      message: `${WHAT}: CyberArk could not give it (${status}); it is tried again`,
      failure: { class: 'transient', retryAfterInSeconds: 30 },
    });
  });
});
