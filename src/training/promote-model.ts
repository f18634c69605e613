import { PeerbanditError } from '../core/errors.ts'
import type { ModelStore } from '../throughput/model-store.ts'
import type { ReadDataFile } from './dataset/data-files.ts'
import { holdBackLatest } from './evaluation/hold-back.ts'
import { type Judgement, judgeModels, type NamedModel, verdictOf } from './promotion.ts'

export interface PromotionOptions {
  /** ISO 8601. */
  readonly date: string
  /** Share of the latest rows of each source that decide, 0–1. */
  readonly heldBack: number
  /** Promotes whatever the figures say. @default false */
  readonly force?: boolean
  /** Told before the decision. */
  readonly onJudged?: (judgements: readonly Judgement[]) => void
}

/** Why rows do not say how good a model is on new ones: it has learned from some of them. Undefined where they do. */
export function learnedFrom(
  { name, document }: NamedModel,
  files: readonly ReadDataFile[],
  heldBack: number
): string | undefined {
  const card = document.card as { readonly data?: unknown; readonly heldBack?: unknown }
  const seen = new Set(
    Array.isArray(card.data) ? card.data.map((file) => (file as { readonly sha256?: unknown } | null)?.sha256) : []
  )
  const shared = files.find(({ sha256 }) => sha256 !== null && seen.has(sha256))
  const kept = typeof card.heldBack === 'number' ? card.heldBack : 0
  if (shared === undefined || kept >= heldBack) return undefined
  return `${name} was trained on all but ${kept} of ${shared.file}: it must be judged by other data, or by no more than what was held back`
}

/** The model that serves, if there is one. */
export async function servingModel(store: ModelStore): Promise<readonly NamedModel[]> {
  const { name, model } = await store.serving()
  return name === undefined || model === undefined ? [] : [{ name: `${name} (serving)`, document: model }]
}

/**
 * Lets a model serve if it predicts the speeds of held-back rows better than the model that serves and than all baselines.
 * @returns the losses that decided, in words
 * @throws ERR_MODEL with the losses where it is not better, and for a model that has learned from the rows; ERR_DATASET for too few
 */
export async function promoteModel(
  store: ModelStore,
  name: string,
  files: readonly ReadDataFile[],
  { date, heldBack, force = false, onJudged }: PromotionOptions
): Promise<string> {
  const candidate = { name, document: await store.read(name) }
  const learned = learnedFrom(candidate, files, heldBack)
  if (learned !== undefined && !force) throw new PeerbanditError('ERR_MODEL', learned)
  const split = holdBackLatest(
    files.map(({ rows }) => rows),
    heldBack
  )
  const judgements = await judgeModels([candidate, ...(await servingModel(store))], split)
  onJudged?.(judgements)
  const { better, why } = verdictOf(judgements)
  if (!better && !force) throw new PeerbanditError('ERR_MODEL', `${name} is not better: ${why}`)
  await store.promote(name, { promotedAt: date, why: better ? why : `forced; ${why}` })
  return why
}
