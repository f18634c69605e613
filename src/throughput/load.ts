import { quantBits } from '../catalogue/quantization.ts'
import { activeBytes, modelBytes } from '../catalogue/model-bytes.ts'
import { type ModelFacts, parseModelName } from '../catalogue/model-name.ts'
import type { ThroughputQuery } from './query.ts'

/** What a job reads and computes: sizes of the model and of the job. */
export interface Load {
  readonly bytes: number
  /** Read for each token of one job: fewer than all of them in a mixture of experts. */
  readonly activeBytes: number
  /** Parameters that a token passes through. */
  readonly activeParams: number
  /** Whether the model's size, and the bits of a weight, are assumed. */
  readonly sizeAssumed: boolean
  readonly bitsAssumed: boolean
  readonly concurrency: number
  readonly promptTokens: number
  /** Tokens in context half-way through the answer. */
  readonly contextTokens: number
  /** Bytes of a token's keys and values, over those of a model whose query heads share them in groups of four. */
  readonly keyValueFactor: number
}

/** What most people run. */
const USUAL_PARAMS_B = 8
/** Q4_K_M of llama.cpp; server engines run a model as it was published. */
const USUAL_BITS = 4.85
const SERVER_BITS = 16
/** As in the measurements of LocalScore, which most of the training data are. */
const USUAL_PROMPT_TOKENS = 1_330
const USUAL_CONTEXT_TOKENS = 1_330

/** Models from before query heads shared keys and values; most are two years old. */
const ALL_HEADS =
  /llama-?2-(?:7|13)b|llama-(?:7|13|30|65)b|vicuna|(?<![a-z])(?:opt|bloom|gpt-j|gpt-neox|pythia|mpt|baichuan)(?![a-z])|qwen1\.5|qwen-(?:7|14)b|aquila/i
const ALL_HEADS_FACTOR = 4

/** Some count embeddings twice that the model holds once: up to this much more than it has. */
const COUNTED_TWICE = 1.3

/** Billions; undefined where neither is known. @param stated by the query @param named by the model's name */
function paramsOf(stated: number | undefined, named: number | undefined): number | undefined {
  if (stated === undefined || named === undefined) return stated ?? named
  return stated > named && stated <= COUNTED_TWICE * named ? named : stated
}

function sizesOf({ model, quant, paramsB, server = false }: ThroughputQuery) {
  const named = parseModelName(model ?? '')
  const total = paramsOf(paramsB, named.paramsB)
  const bits = bitsOf(quant, named)
  const params = total ?? USUAL_PARAMS_B
  const sizes = {
    paramsB: params,
    activeParamsB: params * activeShareOf(named),
    bitsPerWeight: bits ?? (server ? SERVER_BITS : USUAL_BITS)
  }
  return { sizes, sizeAssumed: total === undefined, bitsAssumed: bits === undefined }
}

/** Of a mixture of experts it is the model's, whoever counted its parameters. */
function activeShareOf({ paramsB, activeParamsB }: ModelFacts): number {
  return paramsB === undefined || activeParamsB === undefined ? 1 : activeParamsB / paramsB
}

function bitsOf(quant: string | undefined, named: ModelFacts): number | undefined {
  return (quant === undefined ? undefined : quantBits(quant)) ?? named.bitsPerWeight
}

function contextTokensOf({ promptTokens, outputTokens }: ThroughputQuery): number {
  if (promptTokens === undefined && outputTokens === undefined) return USUAL_CONTEXT_TOKENS
  return Math.min(Number.MAX_VALUE, Math.max(1, (promptTokens ?? 0) + (outputTokens ?? 0) / 2))
}

export function loadOf(query: ThroughputQuery): Load {
  const { promptTokens = USUAL_PROMPT_TOKENS, concurrency = 1, model = '' } = query
  const { sizes, sizeAssumed, bitsAssumed } = sizesOf(query)
  return {
    bytes: modelBytes(sizes) ?? NaN,
    activeBytes: activeBytes(sizes) ?? NaN,
    activeParams: sizes.activeParamsB * 1e9,
    sizeAssumed,
    bitsAssumed,
    concurrency,
    promptTokens,
    contextTokens: contextTokensOf(query),
    keyValueFactor: ALL_HEADS.test(model) ? ALL_HEADS_FACTOR : 1
  }
}
