import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainNoAnswer } from '../../../../shared/doctor/explain-no-answer.ts';
import { codeOf } from '../../../../shared/errors.ts';

const withCode = (code: string) => Object.assign(new Error(`a request with canary-4711-parrot: ${code}`), { code });
const named = (name: string) => Object.assign(new Error('a request with canary-4711-parrot'), { name });

describe('explainNoAnswer', () => {
  const cases = [
    { error: withCode('ENOTFOUND'), reason: /host name is not known/, remedy: /DNS/ },
    { error: withCode('EAI_AGAIN'), reason: /no name server/, remedy: /DNS/ },
    { error: withCode('ECONNREFUSED'), reason: /refused/, remedy: /port.*firewall.*npm start/ },
    { error: withCode('EHOSTUNREACH'), reason: /no route/, remedy: /firewalls/ },
    { error: withCode('ENETUNREACH'), reason: /no route/, remedy: /firewalls/ },
    { error: withCode('ECONNRESET'), reason: /cut/, remedy: /firewalls/ },
    { error: withCode('ETIMEDOUT'), reason: /in time/, remedy: /firewalls/ },
    { error: withCode('EPROTO'), reason: /does not speak TLS/, remedy: /port/ },
    { error: withCode('CERT_HAS_EXPIRED'), reason: /certificate has expired/, remedy: /clock/ },
    { error: withCode('CERT_NOT_YET_VALID'), reason: /not valid yet/, remedy: /clock/ },
    { error: withCode('ERR_TLS_CERT_ALTNAME_INVALID'), reason: /for another name/, remedy: /address/ },
    { error: withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), reason: /not trusted/, remedy: /NODE_EXTRA_CA_CERTS/ },
    { error: withCode('SELF_SIGNED_CERT_IN_CHAIN'), reason: /not trusted/, remedy: /NODE_EXTRA_CA_CERTS/ },
    { error: withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), reason: /not trusted/, remedy: /NODE_EXTRA_CA_CERTS/ },
    { error: withCode('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), reason: /not trusted/, remedy: /NODE_EXTRA_CA_CERTS/ },
    { error: named('CredentialUnavailableError'), reason: /no identity could sign in/, remedy: /az login/ },
    { error: named('AuthenticationError'), reason: /no identity could sign in/, remedy: /az login/ },
    { error: named('AuthenticationRequiredError'), reason: /no identity could sign in/, remedy: /az login/ },
    { error: named('AggregateAuthenticationError'), reason: /no identity could sign in/, remedy: /az login/ },
    { error: named('AbortError'), reason: /in time/, remedy: /firewalls/ },
    { error: named('TimeoutError'), reason: /in time/, remedy: /firewalls/ },
    { error: withCode('E_NEW'), reason: /failed \(E_NEW\)/, remedy: /firewalls/ },
    { error: new Error('canary-4711-parrot'), reason: /no answer that can be understood/, remedy: /address/ },
    { error: 'canary-4711-parrot', reason: /no answer that can be understood/, remedy: /address/ },
    { error: undefined, reason: /no answer that can be understood/, remedy: /address/ },
  ].map((one) => ({ ...one, what: codeOf(one.error) ?? String(one.error) }));

  it.each(cases)('says of $what that $reason', ({ error, reason, remedy }) => {
    const explained = explainNoAnswer(error);
    expect(explained.reason).toMatch(reason);
    expect(explained.remedy).toMatch(remedy);
    expect(JSON.stringify(explained)).not.toContain('canary-4711-parrot');
  });

  it('has something to say about anything that can be thrown, and never its text', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (thrown, name) => {
        for (const error of [thrown, named(name), withCode(name)]) {
          const { reason, remedy } = explainNoAnswer(error);
          expect(reason.length).toBeGreaterThan(5);
          expect(reason.length).toBeLessThan(120);
          expect(remedy.length).toBeGreaterThan(10);
          expect(reason + remedy).not.toContain('canary-4711-parrot');
        }
      }),
    );
  });
});
