import type { Timers } from '../core/clock.ts'
import type { Attempt } from './attempt.ts'
import type { InferenceEvent } from './transport.ts'

export type Answer = IteratorResult<InferenceEvent, undefined>

/** Whether something has not come after so long, ms; tells as soon as it comes, or fails. */
export function isLate(awaited: Promise<unknown>, timers: Timers, delayMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = timers.after(delayMs, () => {
      resolve(true)
    })
    const settled = () => {
      cancel()
      resolve(false)
    }
    awaited.then(settled, settled)
  })
}

/** Waits for an answer; what ends the attempt instead is its failure. */
async function answerOf(attempt: Attempt, answer: Promise<Answer>) {
  try {
    return { attempt, answer: await answer }
  } catch (error) {
    throw await attempt.failed(error)
  }
}

/** Attempts at one job at the same time: the first to answer has it. */
export class Race {
  /** Whoever has the job. */
  leader: Attempt

  constructor(leader: Attempt) {
    this.leader = leader
  }

  /**
   * Lets a second attempt run beside the leader; the one that answers first leads, and the other is given up. One that fails leaves
   * the job to the other.
   * @param first what the leader is awaited for @throws what the leader failed for, if both fail
   */
  async against(first: Promise<Answer>, second: Attempt): Promise<Answer> {
    const before = this.leader
    try {
      const { attempt, answer } = await Promise.any([answerOf(before, first), answerOf(second, second.next())])
      const loser = attempt === before ? second : before
      this.leader = attempt
      loser.giveUp()
      return answer
    } catch (error) {
      second.release()
      throw (error as AggregateError).errors[0]
    }
  }
}
