import { boundedMemo } from './bounded-memo.ts'
import { type ModelSize, readModelSize } from './model-size.ts'
import { OLLAMA_SIZES } from './published-models.ts'
import { type Quantization, readQuantization } from './quantization.ts'

/** What a model's name says of it. What it does not say is missing, and for the caller to decide. */
export interface ModelFacts {
  /** Parameters, billions: as published where that is known, else as the name says. */
  readonly paramsB: number | undefined
  /** Parameters that one token passes through, billions: fewer than all of them in a mixture of experts. */
  readonly activeParamsB: number | undefined
  /** Bits a weight, scales included. Undefined if the name tells no quantisation: such a model may be served in any. */
  readonly bitsPerWeight: number | undefined
  /** "Q4_K_M", "AWQ", "FP8", "4bit" (MLX); null if the name tells none. */
  readonly quant: string | null
  /** The line it is of by its architecture: "llama", "qwen", "mixtral"; null if it is none of the known ones. */
  readonly family: string | null
}

/** A fine-tune or distillate names two families; the first here is the one whose architecture it has. */
const FAMILIES: readonly (readonly [family: string, pattern: RegExp])[] = [
  ['llama', /llama|vicuna|(?<![a-z])(?:hermes-3|alpaca)(?![a-z])/],
  ['qwen', /qwen|qwq|qvq/],
  ['mixtral', /mixtral/],
  ['mistral', /mistral|ministral|codestral|devstral|magistral|pixtral|mathstral|zephyr|openchat/],
  ['gemma', /gemma/],
  ['gpt-oss', /gpt-?oss/],
  ['deepseek', /deepseek/],
  ['phi', /(?<![a-z])phi(?![a-z])/],
  ['command', /command-(?:r|a)/],
  ['glm', /glm|codegeex/],
  ...[
    ...['granite', 'kimi', 'minimax', 'falcon', 'yi', 'olmoe', 'olmo', 'smollm', 'starcoder', 'nemotron', 'exaone', 'internlm'],
    ...[
      'baichuan',
      'bloom',
      'opt',
      'gpt-j',
      'gpt-neox',
      'pythia',
      'stablelm',
      'solar',
      'hunyuan',
      'ernie',
      'jamba',
      'dbrx',
      'grok'
    ],
    ...['aquila', 'decilm', 'lfm', 'aya', 'eurollm', 'rwkv', 'mamba', 'minicpm', 'cogito', 'ling', 'ring', 'gpt2', 'mpt']
  ].map((family) => [family, new RegExp(`(?<![a-z])${family}(?![a-z])`)] as const)
]

/** The name itself, without who published it and where it lies. "models--meta-llama--Llama-3.1-8B" is how Hugging Face stores it. */
function ownName(name: string): string {
  const path = name
    .trim()
    .toLowerCase()
    .replace(/[\\/]+$/, '')
  return path.split(/[\\/]|--/).at(-1) ?? ''
}

const SEPARATORS = /[\s:@,()[\]+-]+/g

/** Parts separated by "-", and "1_6b" as a decimal where "_" is not what separates the parts. */
function separated(name: string): string {
  return name
    .replace(/\.(?:gguf|safetensors|bin)$/, '')
    .replace(/-(\d)_(\d)b(?![a-z0-9])/, '-$1.$2b')
    .replaceAll('_', '-')
    .replace(SEPARATORS, '-')
}

/** Tags of routers that say how a model is served, not which. */
const NOT_OLLAMA_TAGS = new Set(['free', 'beta', 'extended', 'nitro', 'floor', 'online', 'thinking', 'batch'])

/** A name as Ollama has it: without an owner, with a tag or from its library. */
interface OllamaName {
  /** "llama3.2" */
  readonly base: string
  /** "8b-instruct-q4_K_M"; empty if there is none. */
  readonly tag: string
}

function readOllama(name: string, own: string): OllamaName | undefined {
  const [base, tag = ''] = own.split(':')
  const owned = /[\\/]|--/.test(name) && !/(?:^|\/)library\//i.test(name)
  if (owned || NOT_OLLAMA_TAGS.has(tag) || (tag === '' && !Object.hasOwn(OLLAMA_SIZES, base))) return undefined
  return { base, tag }
}

/** "deepseek-v3" without a tag is what its publisher calls it too; "llama3.2" is Ollama's own way to write. */
function isPublishers({ base, tag }: OllamaName): boolean {
  return tag === '' && base.includes('-')
}

function sizeOf(text: string, ollama: OllamaName | undefined): ModelSize {
  const said = readModelSize(text)
  if (ollama === undefined || !Object.hasOwn(OLLAMA_SIZES, ollama.base)) return said
  const usual = readModelSize(`${text}-${OLLAMA_SIZES[ollama.base]}`)
  const open = ollama.tag === 'latest' || (ollama.tag === '' && !isPublishers(ollama))
  return open || said.activeParamsB === undefined ? usual : said
}

/** Ollama runs Q4_K_M where the tag names no quantisation (since 2024), and Q4_0 of a model that was trained for it. */
function usualQuantization(family: string | null, ollama: OllamaName | undefined): Quantization | undefined {
  // Its weights are published in this type only.
  if (family === 'gpt-oss') return readQuantization('MXFP4')
  if (ollama === undefined || isPublishers(ollama)) return undefined
  return readQuantization(/(?:^|-)qat(?:-|$)/.test(ollama.tag) ? 'Q4_0' : 'Q4_K_M')
}

function familyOf(text: string): string | null {
  return FAMILIES.find(([, pattern]) => pattern.test(text))?.[0] ?? null
}

/** Peers write what they like: longer names are of nobody. */
const LONGEST_NAME = 300

const NOTHING: ModelFacts = {
  paramsB: undefined,
  activeParamsB: undefined,
  bitsPerWeight: undefined,
  quant: null,
  family: null
}

function read(name: string): ModelFacts {
  const own = ownName(name)
  const text = separated(own)
  const ollama = readOllama(name, own)
  const family = familyOf(text)
  const quantization = readQuantization(own) ?? usualQuantization(family, ollama)
  return { ...sizeOf(text, ollama), bitsPerWeight: quantization?.bits, quant: quantization?.name ?? null, family }
}

const memo = boundedMemo<ModelFacts>(2_000)

/**
 * What a model's name says: as Ollama ("llama3.1:8b-instruct-q4_K_M"), Hugging Face ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8"),
 * GGUF files ("Meta-Llama-3-8B-Instruct.Q5_K_M.gguf") and people ("Meta Llama 3.1 8B Instruct") write it. Never throws.
 * @param name up to 300 characters; of a longer one nothing is known
 */
export function parseModelName(name: string): ModelFacts {
  return name.length > LONGEST_NAME ? NOTHING : memo(name, () => read(name))
}
