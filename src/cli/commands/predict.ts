import { Command } from 'commander'
import type { ModelDocument } from '../../throughput/model-document.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import type { ThroughputPrediction } from '../../throughput/throughput-model.ts'
import { untilStopped } from '../exit.ts'

interface PredictCommandOptions {
  readonly input: string
  readonly model?: string
  readonly json?: true
}

export function predictCommand(): Command {
  return new Command('predict')
    .description('tokens/s and time to first token of machines and jobs, from a trained model')
    .requiredOption(
      '--input <file>',
      'rows as CSV, JSON Lines or Parquet, with the columns gpu and model or params_b, and others'
    )
    .option('--model <path>', 'a model, or a directory of models (default: the one that comes with peerbandit)')
    .option('--json', 'an array of JSON, an object for each row, in order')
    .action(predict)
}

async function modelAt(path: string | undefined): Promise<ModelDocument> {
  const [{ modelStore, readModelFile, SHIPPED_MODELS }, { PeerbanditError }] = await Promise.all([
    import('../../throughput/model-store.ts'),
    import('../../core/errors.ts')
  ])
  if (path?.endsWith('.json') === true) return readModelFile(path)
  const { model, reason } = await modelStore(path ?? SHIPPED_MODELS).serving()
  if (model === undefined) throw new PeerbanditError('ERR_MODEL', reason ?? 'no model serves')
  if (reason !== undefined) process.stderr.write(`an earlier model serves: ${reason}\n`)
  return model
}

async function predict({ input, model: path, json }: PredictCommandOptions): Promise<void> {
  const stopped = untilStopped()
  try {
    const [{ readDataset }, { throughputModel }] = await Promise.all([
      import('../../training/dataset/dataset.ts'),
      import('../../throughput/throughput-model.ts')
    ])
    const model = throughputModel(await modelAt(path))
    const rows = await readDataset([input], { signal: stopped.signal })
    const queries = rows.map(({ query }) => query)
    const lines = model.predict(queries).map(outputOf)
    process.stdout.write(json === true ? jsonOf(lines) : await tableOf(lines, queries))
  } finally {
    stopped.release()
  }
}

type OutputRow = Readonly<Record<string, number | boolean>>

/** Models are not as exact as that. */
const DIGITS = 6

function outputOf({ tpsP10, tpsP50, tpsP90, ttftMsP50, knownGpu }: ThroughputPrediction): OutputRow {
  const rounded = (value: number) => Number(value.toPrecision(DIGITS))
  return {
    tps_p10: rounded(tpsP10),
    tps_p50: rounded(tpsP50),
    tps_p90: rounded(tpsP90),
    ttft_ms_p50: rounded(ttftMsP50),
    known_gpu: knownGpu
  }
}

/** A row a line. */
function jsonOf(rows: readonly OutputRow[]): string {
  return rows.length === 0 ? '[]\n' : `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`
}

/** For people: four digits. */
function cellOf(value: number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(Number(value.toPrecision(4)))
}

async function tableOf(rows: readonly OutputRow[], queries: readonly ThroughputQuery[]): Promise<string> {
  if (rows.length === 0) return 'no rows\n'
  const { aligned } = await import('../../training/evaluation/table.ts')
  const header = ['gpu', 'model', ...Object.keys(rows[0])]
  const cells = rows.map((row, i) => {
    const { gpu = '', model, paramsB } = queries[i]
    return [gpu, model ?? `${paramsB}B`, ...Object.values(row).map(cellOf)]
  })
  return `${aligned([header, ...cells])}\n`
}
