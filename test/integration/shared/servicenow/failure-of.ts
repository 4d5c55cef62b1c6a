import { ServiceNowError } from '../../../../shared/servicenow/servicenow-error.ts';

/** The failure of a call that has to fail; a success is an error. */
export async function failureOf(call: Promise<unknown>): Promise<ServiceNowError> {
  const outcome = await call.then(
    () => 'a success',
    (error: unknown) => error,
  );
  if (outcome instanceof ServiceNowError) return outcome;
  throw new Error('Expected a ServiceNowError', { cause: outcome });
}
