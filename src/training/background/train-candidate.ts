import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { readModelDocument, writeModelDocument } from '../../throughput/model-file.ts'
import { modelStore } from '../../throughput/model-store.ts'
import { openBackend } from '../backend.ts'
import { readDataFiles } from '../dataset/data-files.ts'
import { JOURNAL_SOURCE } from '../dataset/journal-row.ts'
import { checkEnoughRows } from '../enough-rows.ts'
import { holdBackLatest } from '../evaluation/hold-back.ts'
import { servingModel } from '../promote-model.ts'
import { judgeModels, judgingRows, verdictOf } from '../promotion.ts'
import { type FitProgress, fitThroughput } from '../throughput-fit.ts'
import { type Candidate, type CandidateTask, HELD_BACK } from './candidate-task.ts'

function ofSource(rows: readonly MeasuredRow[], source: string | undefined): readonly MeasuredRow[] {
  return source === undefined ? rows : rows.filter((row) => row.source === source)
}

/** Where there is a journal, its outcomes decide: of other runs the serving model may have learned. */
function deciding(held: readonly MeasuredRow[], judge: string | undefined): readonly MeasuredRow[] {
  return ofSource(held, judge ?? held.find(({ source }) => source === JOURNAL_SOURCE)?.source)
}

/**
 * Trains a model on recorded runs, and compares it with the one that serves.
 * @throws ERR_DATASET before anything is trained where there are too few rows; ERR_BACKEND, ERR_INVALID_OPTION
 */
export async function trainCandidate(
  { data, models, created, backend: force, heldBack = HELD_BACK, ...fitting }: CandidateTask,
  onProgress: (progress: FitProgress) => void
): Promise<Candidate> {
  const files = await readDataFiles(data)
  const { training, held } = holdBackLatest(
    files.map(({ rows }) => rows),
    heldBack
  )
  checkEnoughRows(ofSource(training, fitting.judge))
  const split = { training, held: judgingRows(deciding(held, fitting.judge)) }
  const origin = { created, data: files.map((file) => ({ ...file, rows: file.rows.length })), heldBack }
  const backend = await openBackend(force === undefined ? {} : { force })
  try {
    const { content } = await fitThroughput(training, backend, origin, { ...fitting, onProgress })
    const text = writeModelDocument(content)
    const serving = await servingModel(modelStore(models))
    const judgements = await judgeModels([{ name: 'the candidate', document: readModelDocument(text) }, ...serving], split)
    return { text, ...verdictOf(judgements), against: serving.at(0)?.document.sha256 }
  } finally {
    await backend.close()
  }
}
