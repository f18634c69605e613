import type { Timers } from './clock.ts'
import { PeerbanditError } from './errors.ts'

export interface AbortOptions {
  readonly signal?: AbortSignal
}

/** A signal that can be let go: dispose it when the work is over, so that no timer or listener is left behind. */
export interface DisposableSignal extends Disposable {
  readonly signal: AbortSignal
  /** Aborts now, for a reason of the caller's. */
  abort(reason: unknown): void
}

/**
 * A signal that aborts with `ERR_TIMEOUT` after `deadlineMs`, or when the outer signal does.
 * @param what names the work in the error: "load probe of 12D3… took longer than 500 ms"
 */
export function deadline(timers: Timers, deadlineMs: number, what: string, outer?: AbortSignal): DisposableSignal {
  const controller = new AbortController()
  const cancel =
    deadlineMs === Infinity
      ? () => undefined
      : timers.after(deadlineMs, () => {
          controller.abort(new PeerbanditError('ERR_TIMEOUT', `${what} took longer than ${Math.round(deadlineMs)} ms`))
        })
  const follow = () => {
    controller.abort(outer?.reason)
  }
  if (outer?.aborted === true) follow()
  else outer?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason)
    },
    [Symbol.dispose]() {
      cancel()
      outer?.removeEventListener('abort', follow)
    }
  }
}

/** Runs work under a {@link deadline} and lets go of it afterwards. */
export async function withDeadline<T>(
  timers: Timers,
  limit: { readonly ms: number; readonly what: string; readonly signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const held = deadline(timers, limit.ms, limit.what, limit.signal)
  try {
    return await work(held.signal)
  } finally {
    held[Symbol.dispose]()
  }
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function sleep(timers: Timers, ms: number, { signal }: AbortOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      cancel()
      reject(signal?.reason as Error)
    }
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Resolves when the signal aborts; at once where it has already. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      resolve()
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
  })
}
