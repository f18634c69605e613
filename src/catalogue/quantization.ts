/** How the weights of a model are stored. */
export interface Quantization {
  /** Canonical name: "Q4_K_M", "IQ3_XXS", "AWQ", "FP8", "BF16", "4bit", "EXL2". */
  readonly name: string
  /** Bits a weight of the whole file, scales and unquantised tensors included. */
  readonly bits: number
}

/**
 * GGUF. From Q2_K to F16: bits of Llama 3.1 8B in llama.cpp's documentation (tools/quantize/README.md). Q*_0 and Q*_1: their blocks
 * of 32 weights with one or two halves. K_L and K_XL: files of Llama 3.1 8B that keep the embeddings at 8 bits or more; of other
 * models they are up to a tenth larger.
 */
const GGUF_BITS: Readonly<Record<string, number>> = {
  ...{ IQ1_S: 2.0, IQ1_M: 2.15, IQ2_XXS: 2.38, IQ2_XS: 2.59, IQ2_S: 2.74, IQ2_M: 2.93 },
  ...{ IQ3_XXS: 3.25, IQ3_XS: 3.5, IQ3_S: 3.66, IQ3_M: 3.76, IQ4_XS: 4.46, IQ4_NL: 4.68 },
  ...{ TQ1_0: 1.69, TQ2_0: 2.06 },
  ...{ Q2_K_S: 2.97, Q2_K: 3.16, Q2_K_L: 3.68, Q2_K_XL: 3.4 },
  ...{ Q3_K_S: 3.64, Q3_K_M: 4.0, Q3_K_L: 4.3, Q3_K_XL: 4.4 },
  ...{ Q4_0: 4.55, Q4_1: 5.05, Q4_K_S: 4.67, Q4_K_M: 4.89, Q4_K_L: 5.29, Q4_K_XL: 5.0 },
  ...{ Q5_0: 5.54, Q5_1: 6.04, Q5_K_S: 5.57, Q5_K_M: 5.7, Q5_K_L: 6.04, Q5_K_XL: 5.9 },
  ...{ Q6_K: 6.56, Q6_K_L: 6.82, Q6_K_XL: 7.0, Q8_0: 8.5, Q8_K_XL: 9.2 }
}

/** What is meant by a name that leaves the mixture open, and llama.cpp's own long forms ("Q2_K - Medium"). */
const GGUF_SHORT: Readonly<Record<string, string>> = {
  ...{ Q2: 'Q2_K', Q2_K_M: 'Q2_K', Q3: 'Q3_K_M', Q3_K: 'Q3_K_M', Q4: 'Q4_K_M', Q4_K: 'Q4_K_M', Q5: 'Q5_K_M', Q5_K: 'Q5_K_M' },
  ...{ Q6: 'Q6_K', Q6_K_M: 'Q6_K', Q8: 'Q8_0', IQ4: 'IQ4_XS' }
}

const GGUF_BY_LETTERS = new Map(
  [...Object.keys(GGUF_BITS).map((name) => [name, name] as const), ...Object.entries(GGUF_SHORT)].map(([spelt, name]) => [
    spelt.replaceAll('_', ''),
    name
  ])
)
const GGUF = /(?<![a-z0-9])([it]?q[1-8])((?:[\s_.-]{0,3}(?:small|medium|large|xxs|xs|xl|nl|k|s|m|l|0|1))*)(?![a-z0-9])/g
const GGUF_PART = /small|medium|large|xxs|xs|xl|nl|k|s|m|l|0|1/g
const SHORT_PART: Readonly<Record<string, string>> = { small: 's', medium: 'm', large: 'l' }

/** "q4_k_m", "Q4_K - Medium", "q4km". Parts at the end that make no name belong to something else: "q8_0-00001-of-00002". */
function readGguf(text: string): Quantization | undefined {
  for (const [, start, tail] of text.matchAll(GGUF)) {
    const parts = [...tail.matchAll(GGUF_PART)].map(([part]) => SHORT_PART[part] ?? part)
    for (let kept = parts.length; kept >= 0; kept--) {
      const name = GGUF_BY_LETTERS.get([start, ...parts.slice(0, kept)].join('').toUpperCase())
      if (name !== undefined) return { name, bits: GGUF_BITS[name] }
    }
  }
  return undefined
}

/** "4.0bpw": ExLlama's files are as large as they say. */
const BITS_PER_WEIGHT = /(?<![a-z0-9]|\d\.)(\d{1,2}(?:\.\d{1,4})?) ?bpw(?![a-z0-9])/

function readBitsPerWeight(text: string): Quantization | undefined {
  const bits = Number(BITS_PER_WEIGHT.exec(text)?.[1])
  if (!(bits > 0 && bits <= 32)) return undefined
  const format = /(?<![a-z])exl[23](?![a-z0-9])/.exec(text)?.[0]
  return { name: format?.toUpperCase() ?? `${bits}bpw`, bits }
}

/** Numbers of bits as other formats write them: "4bit", "8-bit", "int4", "w4a16", "g128". */
const PLAIN_BITS = /(?<![a-z0-9]|\d\.)(?:([2-8])[ -]?bits?|(?:u?int|w)([2-8])(?:a\d{1,2})?)(?![a-z0-9])/

/** Scales in halves, and zero points, over groups of 128 weights (GPTQ, AWQ, compressed-tensors), of 64 (MLX, NF4). */
const GROUP_128_BITS = 0.25
const GROUP_64_BITS = 0.5

/** Formats by the word for them, and what they make of a number of bits; 4 is what they usually are, and then left out. */
const FORMATS: Readonly<Record<string, { readonly usual: number; readonly of: (bits: number) => Quantization }>> = {
  gptq: { usual: 4, of: (bits) => ({ name: named('GPTQ', bits), bits: bits + GROUP_128_BITS }) },
  awq: { usual: 4, of: (bits) => ({ name: named('AWQ', bits), bits: bits + GROUP_128_BITS }) },
  autoround: { usual: 4, of: (bits) => ({ name: named('AutoRound', bits), bits: bits + GROUP_128_BITS }) },
  hqq: { usual: 4, of: (bits) => ({ name: named('HQQ', bits), bits: bits + GROUP_64_BITS }) },
  bnb: { usual: 4, of: (bits) => ({ name: `BNB-${bits}bit`, bits: bits < 8 ? bits + GROUP_64_BITS : bits }) },
  nf4: { usual: 4, of: () => ({ name: 'BNB-4bit', bits: 4 + GROUP_64_BITS }) },
  aqlm: { usual: 2, of: (bits) => ({ name: named('AQLM', bits), bits }) }
}
const FORMAT_WORD = /(?<![a-z])(gptq|awq|auto-?round|hqq|nf4|bnb|bitsandbytes|aqlm)(?![a-z])/

function named(format: string, bits: number): string {
  return bits === 4 ? format : `${format}-${bits}bit`
}

function readFormat(text: string): Quantization | undefined {
  const [, written, integer] = PLAIN_BITS.exec(text) ?? []
  const word = FORMAT_WORD.exec(text)?.[1].replace('-', '').replace('bitsandbytes', 'bnb')
  if (word === undefined) return readPlainBits(written, integer)
  return FORMATS[word].of(Number(written ?? integer ?? FORMATS[word].usual))
}

/** A bare number of bits is MLX's way, an integer type that of vLLM. */
function readPlainBits(written: string | undefined, integer: string | undefined): Quantization | undefined {
  if (written !== undefined) return { name: `${written}bit`, bits: Number(written) + GROUP_64_BITS }
  if (integer === undefined) return undefined
  const bits = Number(integer)
  return { name: `INT${bits}`, bits: bits < 8 ? bits + GROUP_128_BITS : bits }
}

/** Floating-point types. The four-bit ones share a scale of 8 bits among 32 (MX) or 16 (NV) weights. */
const FLOATS: readonly (readonly [pattern: RegExp, type: Quantization])[] = [
  [/mx[ -]?fp4/, { name: 'MXFP4', bits: 4.25 }],
  [/(?:nv[ -]?)?fp4/, { name: 'NVFP4', bits: 4.5 }],
  [/mx[ -]?fp6/, { name: 'MXFP6', bits: 6.25 }],
  [/mx[ -]?fp8/, { name: 'MXFP8', bits: 8.25 }],
  [/fp?8|float8|e4m3(?:fn)?/, { name: 'FP8', bits: 8 }],
  [/bf16|bfloat16/, { name: 'BF16', bits: 16 }],
  [/fp?16|float16/, { name: 'F16', bits: 16 }],
  [/fp?32|float32/, { name: 'F32', bits: 32 }]
]
const FLOAT_WORDS = FLOATS.map(([pattern, type]) => [new RegExp(`(?<![a-z0-9])(?:${pattern.source})(?![a-z0-9])`), type] as const)

function readFloat(text: string): Quantization | undefined {
  return FLOAT_WORDS.find(([pattern]) => pattern.test(text))?.[1]
}

/** More would be read in vain: peers write what they like. */
const LONGEST_TEXT = 300

/**
 * The quantisation that a text names; undefined if it names none. The most specific wins: a GGUF type, then a number of bits a
 * weight, then a format, then a floating-point type.
 * @param text a model's name or a column of its own: "…-Q5_K_M.gguf", "Q4_K - Medium", "4.0bpw", "GPTQ-Int4", "w4a16", "MXFP4"
 */
export function readQuantization(text: string): Quantization | undefined {
  const lower = text.slice(0, LONGEST_TEXT).toLowerCase().replaceAll('_', ' ')
  return readGguf(lower) ?? readBitsPerWeight(lower) ?? readFormat(lower) ?? readFloat(lower)
}

/** Bits a weight, scales included, of the quantisation that a text names: "Q4_K - Medium" → 4.89. Undefined if it names none. */
export function quantBits(text: string): number | undefined {
  return readQuantization(text)?.bits
}
