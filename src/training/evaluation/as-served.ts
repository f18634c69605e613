import { DECILE_SPAN } from '../../throughput/calibration.ts'
import type { AnswerOfPeer, MeasuredRow } from '../../throughput/measured-row.ts'
import type { ModelDocument } from '../../throughput/model-document.ts'
import { type OnlineHead, onlineHead } from '../../throughput/online-head.ts'
import { type ThroughputModel, throughputModel } from '../../throughput/throughput-model.ts'
import { atPeer, fittedDocument } from './document-model.ts'
import type { Judged } from './figures.ts'
import type { Split } from './group-folds.ts'
import type { LogQuantiles } from './model.ts'

const HALF_SPAN = DECILE_SPAN / 2

type Answered = MeasuredRow & { readonly answer: AnswerOfPeer; readonly tokensPerSecond: number }

function isAnswered(row: MeasuredRow): row is Answered {
  return row.answer !== undefined && row.tokensPerSecond !== undefined
}

function predictionOf(head: OnlineHead, model: ThroughputModel, { query, answer }: Answered): LogQuantiles {
  const { mean, variance, noise } = head.predict(answer.peer, model.headInputs(atPeer(query)), answer.sentMs)
  const half = HALF_SPAN * Math.sqrt(variance + noise)
  return { q10: mean - half, q50: mean, q90: mean + half }
}

/** What would have been said of each answer when its job was sent: its model's head then knows all answers that had ended. */
function replayed(document: ModelDocument, answers: readonly Answered[]): ReadonlyMap<MeasuredRow, LogQuantiles> {
  const model = throughputModel(document)
  const head = onlineHead({ hidden: document.weights.hidden, id: document.sha256 })
  const predictions = new Map<MeasuredRow, LogQuantiles>()
  const bySent = answers.toSorted((a, b) => a.answer.sentMs - b.answer.sentMs)
  const byEnd = answers.toSorted((a, b) => a.answer.endedMs - b.answer.endedMs)
  let learned = 0
  for (const row of bySent) {
    for (; learned < byEnd.length && byEnd[learned].answer.endedMs <= row.answer.sentMs; learned++) {
      const { query, answer, tokensPerSecond } = byEnd[learned]
      head.update(answer.peer, model.headInputs(atPeer(query)), tokensPerSecond, answer.endedMs)
    }
    predictions.set(row, predictionOf(head, model, row))
  }
  return predictions
}

/**
 * What a model says of the speed of rows that were held back, as a router uses it. Of a journal's rows the deployment's head is learned
 * beside it, those that were not held back first; each is predicted by what was known when its job was sent. Of other rows the peers are
 * not known, and the model says what its file says.
 * @see Dawid 1984, "Present Position and Potential Developments: Some Personal Views: Statistical Theory: The Prequential Approach"
 */
export function judgedAsServed(document: ModelDocument, { training, held }: Split<MeasuredRow>): Judged[] {
  const fresh = fittedDocument(document).predict(held.map(({ query }) => query))
  const learning = replayed(document, [...training, ...held].filter(isAnswered))
  return held.map((row, i) => ({ row, predicted: learning.get(row) ?? fresh[i].speed, offset: 0 }))
}
