import { join } from 'node:path'
import { findGpu, type GpuFacts } from '../src/catalogue/gpu.ts'
import { activeBytes } from '../src/catalogue/model-bytes.ts'
import { parseModelName } from '../src/catalogue/model-name.ts'
import type { Rng } from '../src/core/rng.ts'
import { drawn, type Restated, sourceRows, type SourceRow } from './restated.ts'

/** What the source leaves open. Its A100s are those of Polaris, of 40 GB. */
const GPU_NAMES: Readonly<Record<string, string>> = {
  'Nvidia A100 GPU': 'A100 SXM4 40 GB',
  'Nvidia H100 GPU': 'H100 SXM5 80 GB',
  'Nvidia GH200 GPU': 'GH200 96 GB'
}

const BITS = 16
/** Share of the tensor cores' peak that reading a prompt reaches: by the source's own times to the first token, and assumed. */
const SERVER_SHARE = 0.5
const LLAMA_SHARE = 0.15
/** Reading is never more of the time than this. */
const MOST_OF_LATENCY = 0.4
/** llama.cpp reads a prompt in batches: with less than this it reads slower than anybody lets it. */
const LEAST_LLAMA_BATCH = 32
/** All its rows together weigh as much as this many. */
const TOTAL_WEIGHT = 70
const FIRST_TOKEN_WEIGHT = 0.5

interface Run {
  readonly row: SourceRow
  readonly gpu: GpuFacts
  readonly count: number
  readonly activeParamsB: number
  readonly llama: boolean
  readonly length: number
  readonly latencyS: number
  /** Runs of one group differ in the batch only. */
  readonly group: string
}

function nameOf(hardware: string): string {
  return GPU_NAMES[hardware] ?? hardware
}

function runOf(row: SourceRow): Run | undefined {
  const gpu = findGpu(nameOf(row['hardware']))
  const named = parseModelName(row['model'])
  if (gpu === undefined) return undefined
  const { hardware, framework, n_hw, model, in_out_len } = row
  return {
    row,
    gpu,
    count: Number(n_hw),
    activeParamsB: named.activeParamsB ?? Number(row['params_b']),
    llama: framework === 'llama.cpp',
    length: Number(in_out_len),
    latencyS: Number(row['latency_s']),
    group: [hardware, framework, n_hw, model, in_out_len].join('|')
  }
}

/** Faster than the memory can be read: the run ended before its tokens were written. */
function isImpossible({ gpu, count, activeParamsB, length, latencyS }: Run): boolean {
  const bytes = activeBytes({ activeParamsB, bitsPerWeight: BITS }) ?? NaN
  return length / latencyS > (gpu.memBandwidthGbs * 1e9 * count) / bytes
}

/**
 * Requests side by side. Of llama.cpp one, whatever the batch: its latencies do not grow with it, and its throughputs are the batch
 * times one request's.
 */
function concurrencyOf({ llama, row }: Run): number {
  return llama ? 1 : Number(row['batch'])
}

/** Seconds of a run that went into reading the prompts. */
function readingS(run: Run): number {
  const { gpu, count, activeParamsB, llama, length, latencyS } = run
  const flop = 2 * activeParamsB * 1e9 * concurrencyOf(run) * length
  const flops = count * (gpu.tensorTflops ?? gpu.fp16Tflops ?? NaN) * 1e12 * (llama ? LLAMA_SHARE : SERVER_SHARE)
  return Math.min(MOST_OF_LATENCY * latencyS, flop / flops)
}

function machine(hardware: string, count: string, framework: string, model: string) {
  return { gpu: nameOf(hardware), n_gpus: count, model, quant: 'F16', os: 'Linux', engine: framework, source: 'argonne' }
}

function decoding(run: Run, weight: number): Restated {
  const { hardware, n_hw, framework, model } = run.row
  return {
    kept: {
      ...machine(hardware, n_hw, framework, model),
      prompt_tokens: run.length,
      output_tokens: run.length,
      concurrency: concurrencyOf(run),
      tokens_per_second: run.length / (run.latencyS - readingS(run)),
      weight
    }
  }
}

function firstTokens(rows: readonly SourceRow[]): Restated[] {
  return rows.map((row) => {
    if (findGpu(nameOf(row['Hardware'])) === undefined) return { dropped: 'GPU not in the table' }
    return {
      kept: {
        ...machine(row['Hardware'], row['Num of Hardware'], row['Framework'], row['Model']),
        prompt_tokens: row['Input Length'],
        concurrency: row['Batch Size'],
        ttft_ms: 1000 * Number(row['TTFT Latency']),
        weight: FIRST_TOKEN_WEIGHT
      }
    }
  })
}

export interface ArgonneOptions {
  /** Rows that are drawn, ≥ 1. */
  readonly rows: number
  readonly rng: Rng
}

/** LLM-Inference-Bench: data-centre GPUs under load. @param data holds the folder `argonne-llm-inference-bench` */
export async function restateArgonne(data: string, { rows, rng }: ArgonneOptions): Promise<readonly Restated[]> {
  const folder = join(data, 'argonne-llm-inference-bench')
  const all = await sourceRows(join(folder, 'all_results.csv'))
  const runs = all.map(runOf).filter((run) => run !== undefined)
  const spoilt = new Set(runs.filter(isImpossible).map(({ group }) => group))
  const possible = runs.filter(({ group }) => !spoilt.has(group))
  const usual = possible.filter(({ llama, row }) => !llama || Number(row['batch']) >= LEAST_LLAMA_BATCH)
  const kept = drawn(usual, rows, rng)
  return [
    ...kept.map((run) => decoding(run, TOTAL_WEIGHT / kept.length)),
    ...firstTokens(await sourceRows(join(folder, 'ttft_itl.csv'), { ragged: true })),
    { dropped: 'GPU not in the table', count: all.length - runs.length },
    { dropped: 'among runs faster than the memory', count: runs.length - possible.length },
    { dropped: 'llama.cpp with small batches', count: possible.length - usual.length },
    { dropped: 'not drawn', count: usual.length - kept.length }
  ]
}
