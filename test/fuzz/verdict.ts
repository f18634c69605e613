import { isPeerbanditError } from '../../src/core/errors.ts'
import { TransportError } from '../../src/router/failure.ts'
import { EngineError, RequestError } from '../../src/router/transport.ts'

/** What the functions below found in this thread so far. An input that is no message at all may be in neither, one of two readings in both. */
export const tally = { values: 0, refusals: 0 }

/** Whether an error is one that a codec may throw. */
function isRefusal(error: unknown): boolean {
  const coded = isPeerbanditError(error) && typeof error.code === 'string'
  return coded || error instanceof TransportError || error instanceof EngineError || error instanceof RequestError
}

function refused(error: unknown): undefined {
  if (!isRefusal(error)) throw error
  tally.refusals += 1
}

/** The value that a codec makes of its input, or undefined where it refuses. Anything else that it throws goes on. */
export function valueOrRefusal<T>(decode: () => T): T | undefined {
  let value: T
  try {
    value = decode()
  } catch (error) {
    return refused(error)
  }
  tally.values += 1
  return value
}

/** The same for one that waits. */
export async function eventualValueOrRefusal<T>(decode: () => Promise<T>): Promise<T | undefined> {
  let value: T
  try {
    value = await decode()
  } catch (error) {
    return refused(error)
  }
  tally.values += 1
  return value
}
