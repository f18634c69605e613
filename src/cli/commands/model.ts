import { Command } from 'commander'
import { systemClock } from '../../core/clock.ts'
import type { ServedModel } from '../../throughput/model-registry.ts'
import type { ModelStore, StoredModel } from '../../throughput/model-store.ts'
import type { Judgement } from '../../training/promotion.ts'
import { ratio } from '../arguments.ts'
import { untilStopped } from '../exit.ts'

interface Directory {
  readonly models: string
}

interface JudgingOptions extends Directory {
  readonly data: readonly string[]
  readonly holdBack: number
}

const MODELS = ['--models <dir>', 'a directory of models', 'models/throughput'] as const
const DATA = ['--data <file...>', 'recorded runs, as of `train`'] as const
const HOLD_BACK = 'share of the latest rows of each source that judge; baselines learn from the others'

export function modelCommand(): Command {
  const model = new Command('model').description('throughput models: look at them, and choose the one that serves')
  model
    .command('show')
    .description('the models of a directory, or the card of one')
    .argument('[name]', 'a model')
    .option(...MODELS)
    .action((name: string | undefined, { models }: Directory) => (name === undefined ? showAll(models) : showOne(models, name)))
  model
    .command('compare')
    .description('models beside the baselines, by speeds that were held back')
    .argument('<name...>', 'models')
    .requiredOption(...DATA)
    .option('--hold-back <share>', HOLD_BACK, ratio, 0.2)
    .option(...MODELS)
    .action(compare)
  model
    .command('promote')
    .description('let a model serve, if it is better than the one that does and than the baselines')
    .argument('<name>', 'a model')
    .requiredOption(...DATA)
    .option('--hold-back <share>', HOLD_BACK, ratio, 0.2)
    .option('--force', 'also if it is not better')
    .option(...MODELS)
    .action(promote)
  model
    .command('rollback')
    .description('back to the model that served before')
    .option(...MODELS)
    .action(rollBack)
  return model
}

async function storeOf(directory: string): Promise<ModelStore> {
  const { modelStore } = await import('../../throughput/model-store.ts')
  return modelStore(directory)
}

const HASH_DIGITS = 12

async function showAll(directory: string): Promise<void> {
  const store = await storeOf(directory)
  const [stored, { serving, history }] = [await store.list(), await store.registry()]
  const roles = new Map([...history.map(({ name }) => [name, 'served before'] as const), [serving?.name, 'serves'] as const])
  const lines = stored.map(({ name, found }) => [roles.get(name) ?? '', name, descriptionOf(found)].join('\t'))
  process.stdout.write(lines.length === 0 ? `no models in ${directory}\n` : `${lines.join('\n')}\n`)
  if (serving !== null) process.stdout.write(`\n${servedText(serving)}\n`)
}

function descriptionOf(found: StoredModel['found']): string {
  if (found instanceof Error) return `cannot be used: ${found.message}`
  const { created } = found.card
  return `${found.sha256.slice(0, HASH_DIGITS)}, made ${typeof created === 'string' ? created : 'at some time'}`
}

function servedText({ name, promotedAt, why }: ServedModel): string {
  return `${name} serves since ${promotedAt}: ${why}`
}

async function showOne(directory: string, name: string): Promise<void> {
  const { sha256, calibration, knownGpus, weights, card } = await (await storeOf(directory)).read(name)
  const shown = { name, sha256, hidden: weights.hidden, calibration, knownGpus, card }
  process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`)
}

async function readFiles(data: readonly string[], signal: AbortSignal) {
  const { readDataFiles } = await import('../../training/dataset/data-files.ts')
  return readDataFiles(data, { signal })
}

async function compare(names: readonly string[], { models, data, holdBack }: JudgingOptions): Promise<void> {
  const stopped = untilStopped()
  try {
    const store = await storeOf(models)
    const documents = await Promise.all(names.map(async (name) => ({ name, document: await store.read(name) })))
    const [{ judgeModels }, { holdBackLatest }, { learnedFrom }] = await Promise.all([
      import('../../training/promotion.ts'),
      import('../../training/evaluation/hold-back.ts'),
      import('../../training/promote-model.ts')
    ])
    const files = await readFiles(data, stopped.signal)
    const split = holdBackLatest(
      files.map(({ rows }) => rows),
      holdBack
    )
    for (const document of documents) {
      const learned = learnedFrom(document, files, holdBack)
      if (learned !== undefined) process.stderr.write(`note: ${learned}\n`)
    }
    process.stdout.write(await judgementTable(await judgeModels(documents, split)))
  } finally {
    stopped.release()
  }
}

async function judgementTable(judgements: readonly Judgement[]): Promise<string> {
  const { aligned } = await import('../../training/evaluation/table.ts')
  const digits = (value: number) => value.toFixed(4)
  const lines = judgements.map(({ name, figures }) => [
    name,
    String(Math.round(figures.answered * figures.rows)),
    ...[figures.logPinball, figures.logMae / 2, figures.medianApe, figures.p90Ape, figures.wape, figures.rawCoverage].map(digits)
  ])
  return `${aligned([['tokens/s, held back', 'rows', 'pinball', 'median pinball', 'medAPE', 'p90', 'WAPE', 'cov80'], ...lines])}\n`
}

async function promote(
  name: string,
  { models, data, holdBack, force }: JudgingOptions & { readonly force?: true }
): Promise<void> {
  const stopped = untilStopped()
  try {
    const store = await storeOf(models)
    const { promoteModel } = await import('../../training/promote-model.ts')
    let judged: readonly Judgement[] = []
    const why = await promoteModel(store, name, await readFiles(data, stopped.signal), {
      date: new Date(systemClock.wall()).toISOString(),
      heldBack: holdBack,
      force: force === true,
      onJudged: (judgements) => {
        judged = judgements
      }
    })
    process.stdout.write(`${await judgementTable(judged)}\n${name} serves: ${why}\n`)
  } finally {
    stopped.release()
  }
}

async function rollBack({ models }: Directory): Promise<void> {
  const { serving } = await (await storeOf(models)).rollBack()
  process.stdout.write(serving === null ? 'no model serves\n' : `${servedText(serving)}\n`)
}
