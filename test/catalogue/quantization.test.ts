import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantBits, readQuantization } from '../../src/catalogue/quantization.ts'

describe('a quantisation is read', () => {
  it.each([
    // GGUF: file names, Ollama's tags, llama.cpp's own long forms
    ['Q4_K_M', 'Q4_K_M', 4.89],
    ['q4_K_M', 'Q4_K_M', 4.89],
    ['Q4_K - Medium', 'Q4_K_M', 4.89],
    ['Q3_K - Large', 'Q3_K_L', 4.3],
    ['Q2_K - Medium', 'Q2_K', 3.16],
    ['IQ2_M - 2.7 bpw', 'IQ2_M', 2.93],
    ['IQ3_XXS', 'IQ3_XXS', 3.25],
    ['UD-Q4_K_XL', 'Q4_K_XL', 5],
    ['Q6_K_L', 'Q6_K_L', 6.82],
    ['Q8_0', 'Q8_0', 8.5],
    ['mostly Q4_0', 'Q4_0', 4.55],
    ['q4km', 'Q4_K_M', 4.89],
    ['Q4', 'Q4_K_M', 4.89],
    ['Model-Q8_0-00001-of-00002.gguf', 'Q8_0', 8.5],
    // a number of bits
    ['exl2 4.0bpw', 'EXL2', 4],
    ['8B-exl3-3.5bpw-h6', 'EXL3', 3.5],
    ['4.65 bpw', '4.65bpw', 4.65],
    // formats
    ['awq', 'AWQ', 4.25],
    ['7B-GPTQ-Int4', 'GPTQ', 4.25],
    ['7B-GPTQ-Int8', 'GPTQ-8bit', 8.25],
    ['auto-round', 'AutoRound', 4.25],
    ['unsloth-bnb-4bit', 'BNB-4bit', 4.5],
    ['nf4', 'BNB-4bit', 4.5],
    ['4bit', '4bit', 4.5],
    ['8-bit', '8bit', 8.5],
    ['w4a16', 'INT4', 4.25],
    ['quantized.w8a8', 'INT8', 8],
    // types
    ['FP8-dynamic', 'FP8', 8],
    ['MXFP4', 'MXFP4', 4.25],
    ['nvfp4', 'NVFP4', 4.5],
    ['BF16', 'BF16', 16],
    ['fp16', 'F16', 16],
    ['F16', 'F16', 16],
    ['float32', 'F32', 32]
  ])('%s', (text, name, bits) => {
    expect(readQuantization(text)).toEqual({ name, bits })
    expect(quantBits(text)).toBe(bits)
  })

  it.each(['', 'unknown', 'none', 'Qwen3-4B', 'QwQ-32B', 'Llama-3.1-8B', '128k', 'v0.1', 'a16z', 'int', '0bpw', '99bpw'])(
    'not from %j',
    (text) => {
      expect(quantBits(text)).toBeUndefined()
    }
  )
})

const GGUF = [
  'Q2_K',
  'Q3_K_S',
  'Q3_K_L',
  'Q4_0',
  'Q4_K_M',
  'Q5_K_M',
  'Q6_K',
  'Q8_0',
  'IQ1_S',
  'IQ3_XXS',
  'IQ4_XS',
  'IQ4_NL',
  'Q4_K_XL'
]

describe('a GGUF type', () => {
  it('is read in any case, with any separators, from the middle of a name', () => {
    const writing = fc.record({
      name: fc.constantFrom(...GGUF),
      separator: fc.constantFrom('_', '-', ' ', '.', ''),
      before: fc.constantFrom('', 'Model-7B.', 'model:7b-instruct-', 'org/model-'),
      after: fc.constantFrom('', '.gguf', '-00001-of-00003', ' 7B'),
      upper: fc.boolean()
    })
    fc.assert(
      fc.property(writing, ({ name, separator, before, after, upper }) => {
        const text = `${before}${name.replaceAll('_', separator)}${after}`
        expect(readQuantization(upper ? text.toUpperCase() : text.toLowerCase())?.name).toBe(name)
      })
    )
  })

  it('has the more bits the larger its number and mixture', () => {
    const rising = [
      'IQ1_S',
      'IQ2_XXS',
      'IQ2_M',
      'Q2_K',
      'IQ3_XXS',
      'Q3_K_S',
      'Q3_K_M',
      'Q3_K_L',
      'IQ4_XS',
      'Q4_K_S',
      'Q4_K_M',
      'Q5_K_S'
    ]
    const bits = [...rising, 'Q5_K_M', 'Q6_K', 'Q8_0', 'F16', 'F32'].map((name) => quantBits(name)!)
    expect(bits).toEqual(bits.toSorted((a, b) => a - b))
  })
})

it('gives bits between 1 and 32, or none, for whatever is written', () => {
  const words = fc.constantFrom('q4', 'Q8', '_', 'k', 'm', '0', '3', 'bit', '4bit', 'bpw', 'gptq', 'int', 'w8a8', '-', ' ', '.')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((list) => list.join(''))
      ),
      (text) => {
        const bits = quantBits(text) ?? 1
        expect(bits).toBeGreaterThanOrEqual(1)
        expect(bits).toBeLessThanOrEqual(32)
      }
    )
  )
})
