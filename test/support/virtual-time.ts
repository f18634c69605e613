import type { ManualClock } from '../../src/core/clock.ts'

/** Lets everything run that waits for promises only. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

export interface AdvanceOptions {
  /** Consumers see events with this delay at most, ms of the clock. @default 1 */
  readonly stepMs?: number
  /** Called after each step. */
  readonly onStep?: () => void
}

/** Moves a manual clock by `ms` in steps; between them, everything that waits for promises runs. */
export async function advanceBy(clock: ManualClock, ms: number, { stepMs = 1, onStep }: AdvanceOptions = {}): Promise<void> {
  const endMs = clock.now() + ms
  await settle()
  while (clock.now() < endMs) {
    clock.advance(Math.min(stepMs, endMs - clock.now()))
    await settle()
    onStep?.()
  }
}
