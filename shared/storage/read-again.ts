import { ConflictError } from './entity-table.ts';

/**
 * How often rows that others change at the same moment are read within one handling. At each reading one of all who contend gets
 * through, so that as many as this may do so at once.
 */
const MOST_READINGS = 16;

/** Reads rows and acts on them, all anew when somebody else changed one of them meanwhile. @throws what `act` throws. */
export async function readAgain<T>(act: () => Promise<T>): Promise<T> {
  for (let reading = 1; ; reading += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ConflictError) || reading >= MOST_READINGS) throw error;
    }
  }
}
