import { sleep } from '../../../src/core/abort.ts'
import type { Clock, Timers } from '../../../src/core/clock.ts'
import { messageOf } from '../../../src/core/errors.ts'
import type { Answer, Progress } from '../ask.ts'
import type { Placed, Running } from './contestants.ts'
import type { TimedQuestion } from './workload.ts'

export type Result =
  { readonly kind: 'answered'; readonly answer: Placed<Answer> } | { readonly kind: 'failed'; readonly why: string }

/** Told of every piece, with the number of its job. */
export type Watch = (job: number, progress: Placed<Progress>) => void

/** Asks every question at its time, whatever became of those before. Never rejects for a failed answer. */
export async function replay(
  { running, time }: { readonly running: Running; readonly time: Clock & Timers },
  questions: readonly TimedQuestion[],
  watch: Watch = () => undefined
): Promise<Result[]> {
  const startMs = time.now()
  const askAt = async (question: TimedQuestion, job: number): Promise<Result> => {
    await sleep(time, Math.max(0, startMs + question.atMs - time.now()))
    try {
      const answer = await running.ask(question, (progress) => {
        watch(job, progress)
      })
      return { kind: 'answered', answer }
    } catch (error) {
      return { kind: 'failed', why: messageOf(error) }
    }
  }
  return Promise.all(questions.map(askAt))
}

/** Calls back once, at the first piece past so many of an answer of that server, of a job of that number or a later one. */
export function onceStreaming(peer: string, from: { readonly job: number; readonly pieces: number }, act: () => void): Watch {
  let acted = false
  return (job, progress) => {
    if (acted || progress.peer !== peer || job < from.job || progress.pieces < from.pieces) return
    acted = true
    act()
  }
}
