import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activeBytes, modelBytes } from '../../src/catalogue/model-bytes.ts'
import { parseModelName } from '../../src/catalogue/model-name.ts'

const NOTHING = { paramsB: undefined, activeParamsB: undefined, bitsPerWeight: undefined, quant: null, family: null }

describe('a model’s name says what it is', () => {
  it.each([
    // Ollama
    ['llama3.2', 3.21, 3.21, 'Q4_K_M', 'llama'],
    ['llama3.2:1b', 1.24, 1.24, 'Q4_K_M', 'llama'],
    ['llama3.1:8b-instruct-q4_K_M', 8, 8, 'Q4_K_M', 'llama'],
    ['llama3.1:latest', 8, 8, 'Q4_K_M', 'llama'],
    ['registry.ollama.ai/library/llama3.1:70b', 70, 70, 'Q4_K_M', 'llama'],
    ['mixtral:8x22b', 140.6, 39.1, 'Q4_K_M', 'mixtral'],
    ['deepseek-r1:14b', 14, 14, 'Q4_K_M', 'deepseek'],
    ['deepseek-r1:latest', 8, 8, 'Q4_K_M', 'deepseek'],
    ['deepseek-r1:671b', 671, 37, 'Q4_K_M', 'deepseek'],
    ['qwen3-coder:latest', 30.5, 3.3, 'Q4_K_M', 'qwen'],
    ['gpt-oss:120b', 116.8, 5.1, 'MXFP4', 'gpt-oss'],
    ['gemma3:27b-it-qat', 27, 27, 'Q4_0', 'gemma'],
    ['gemma3n:e4b', 6.87, 4, 'Q4_K_M', 'gemma'],
    ['gemma3n', 6.87, 4, 'Q4_K_M', 'gemma'],
    ['phi3:medium', 14, 14, 'Q4_K_M', 'phi'],
    ['mistral:7b-instruct-v0.3-q8_0', 7.25, 7.25, 'Q8_0', 'mistral'],
    ['someone-fine-tuned:13b-fp16', 13, 13, 'F16', null],
    // Hugging Face and OpenRouter
    ['meta-llama/Llama-3.1-8B-Instruct', 8, 8, null, 'llama'],
    ['Qwen/Qwen3-235B-A22B-Instruct-2507-FP8', 235, 22, 'FP8', 'qwen'],
    ['Qwen3-30B-A3B', 30.5, 3.3, null, 'qwen'],
    ['Qwen/Qwen2.5-7B-Instruct-1M', 7.62, 7.62, null, 'qwen'],
    ['qwen2.5-14b-awq', 14.8, 14.8, 'AWQ', 'qwen'],
    ['qwen/qwen3-coder', 480, 35, null, 'qwen'],
    ['mistralai/Mixtral-8x7B-v0.1', 46.7, 12.9, null, 'mixtral'],
    ['mistralai/Mistral-Small-3.1-24B-Instruct-2503', 23.6, 23.6, null, 'mistral'],
    ['deepseek-ai/DeepSeek-V3', 671, 37, null, 'deepseek'],
    ['DeepSeek-V3', 671, 37, null, 'deepseek'],
    ['deepseek/deepseek-chat-v3-0324', 671, 37, null, 'deepseek'],
    ['DeepSeek-R1-Distill-Llama-8B', 8, 8, null, 'llama'],
    ['DeepSeek-R1-0528-Qwen3-8B', 8, 8, null, 'qwen'],
    ['openai/gpt-oss-20b:free', 20.9, 3.6, 'MXFP4', 'gpt-oss'],
    ['microsoft/Phi-3-mini-128k-instruct', 3.82, 3.82, null, 'phi'],
    ['google/gemma-2-9b-it', 9.24, 9.24, null, 'gemma'],
    ['google/gemma-2b-it', 2.51, 2.51, null, 'gemma'],
    ['TinyLlama/TinyLlama-1.1B-Chat-v1.0', 1.1, 1.1, null, 'llama'],
    ['HuggingFaceTB/SmolLM2-360M-Instruct', 0.36, 0.36, null, 'smollm'],
    ['unsloth/Llama-3.2-3B-Instruct-bnb-4bit', 3.21, 3.21, 'BNB-4bit', 'llama'],
    ['mlx-community/Llama-3.3-70B-Instruct-4bit', 70, 70, '4bit', 'llama'],
    ['meta-llama/Llama-4-Scout-17B-16E-Instruct', 109, 17, null, 'llama'],
    ['allenai/OLMoE-1B-7B-0924', 6.9, 1.3, null, 'olmoe'],
    ['Qwen/Qwen1.5-MoE-A2.7B', 14.3, 2.7, null, 'qwen'],
    ['qwen3.8-2.4t-a95b', 2400, 95, null, 'qwen'],
    ['bigscience/bloom-7b1', 7.1, 7.1, null, 'bloom'],
    ['accounts/fireworks/models/llama-v3p1-70b-instruct', 70, 70, null, 'llama'],
    ['models--meta-llama--Llama-2-13b-hf', 13, 13, null, 'llama'],
    ['internlm/internlm2-1_8b', 1.8, 1.8, null, 'internlm'],
    // files
    ['Meta-Llama-3-8B-Instruct.Q5_K_M.gguf', 8, 8, 'Q5_K_M', 'llama'],
    ['hf.co/unsloth/Qwen3-30B-A3B-GGUF:UD-Q4_K_XL', 30.5, 3.3, 'Q4_K_XL', 'qwen'],
    ['/models/Qwen3-235B-A22B-Q8_0-00001-of-00005.gguf', 235, 22, 'Q8_0', 'qwen'],
    ['C:\\models\\mystery-13b.Q4_0.gguf', 13, 13, 'Q4_0', null],
    // people
    ['Meta Llama 3.1 8B Instruct', 8, 8, null, 'llama'],
    ['Granite 3.1 1b A400M Instruct', 1, 0.4, null, 'granite'],
    ['phi-3-mini', 3.82, 3.82, null, 'phi'],
    ['llama_3_8b', 8, 8, null, 'llama'],
    ['vicuna13b', 13, 13, null, 'llama'],
    ['0.5b', 0.5, 0.5, null, null],
    ['7B-GPTQ-Int4', 7, 7, 'GPTQ', null]
  ])('%s', (name, paramsB, activeParamsB, ...[quant, family]) => {
    expect(parseModelName(name)).toMatchObject({ paramsB, activeParamsB, quant, family })
  })

  it.each(['', ' ', '/', ':', 'gpt-4o', 'claude-opus-4.1', 'v0.1', '2507', '128k', 'A16', 'x'.repeat(400)])(
    'or nothing: %j',
    (name) => {
      expect(parseModelName(name)).toEqual(NOTHING)
    }
  )

  it('takes no version, date, context or number of experts for a size', () => {
    const names = [
      'Qwen2.5-Instruct',
      'Llama-3.1-Instruct',
      'yi-200k',
      'model-v0.1-2507',
      'Qwen2.5-Instruct-1M',
      'model-16e',
      'w4a16-7bit'
    ]
    expect(names.filter((name) => parseModelName(name).paramsB !== undefined)).toEqual([])
  })

  it('estimates a mixture of experts that nobody published from what experts share', () => {
    const { paramsB, activeParamsB } = parseModelName('FrankenMoE-4x7B')
    expect(paramsB).toBeGreaterThan(14)
    expect(paramsB).toBeLessThan(28)
    expect(activeParamsB).toBeGreaterThan(7)
    expect(activeParamsB).toBeLessThan(14)
  })
})

describe('weights in bytes', () => {
  it('are parameters times bits', () => {
    expect(modelBytes({ paramsB: 8, bitsPerWeight: 16 })).toBe(16e9)
    const mixtral = parseModelName('Mixtral-8x7B-Instruct-v0.1.Q4_0.gguf')
    expect(modelBytes(mixtral)! / 1e9).toBeCloseTo(26.4, 0)
    expect(activeBytes(mixtral)! / 1e9).toBeCloseTo(7.3, 0)
  })

  it('are unknown where either is', () => {
    expect(modelBytes(parseModelName('Llama-3.1-8B'))).toBeUndefined()
    expect(activeBytes(parseModelName('Q4_K_M'))).toBeUndefined()
  })
})

const sizes = fc.constantFrom('0.5', '1.5', '3', '7', '8', '13', '34', '70', '405')

describe('whatever size and quantisation a name has', () => {
  it('they are read in any case and order of publisher, line and tags', () => {
    const parts = fc.record({
      size: sizes,
      quant: fc.constantFrom('Q4_K_M', 'Q8_0', 'IQ3_XXS', 'AWQ', 'FP8', 'BF16'),
      owner: fc.constantFrom('', 'someone/', 'hf.co/some-one7b/'),
      line: fc.constantFrom('Foo', 'foo-2.5', 'Foo-v0.3', 'Bar3'),
      tag: fc.constantFrom('', '-Instruct', '-2507', '-128k', '-it'),
      separator: fc.constantFrom('-', ' ', '_'),
      upper: fc.boolean()
    })
    fc.assert(
      fc.property(parts, ({ size, quant, owner, line, tag, separator, upper }) => {
        const own = `${line}-${size}B${tag}-${quant}`.replaceAll('-', separator)
        const name = owner + (upper ? own.toUpperCase() : own.toLowerCase())
        expect(parseModelName(`  ${name} `)).toMatchObject({ paramsB: Number(size), activeParamsB: Number(size), quant })
      })
    )
  })

  it('what is active is read apart from what there is', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom('a3b', 'A22B', 'a2.7b'), (size, active) => {
        const facts = parseModelName(`foo-${size}b-${active}-instruct`)
        expect(facts).toMatchObject({ paramsB: Number(size), activeParamsB: Number(active.slice(1, -1)) })
      })
    )
  })
})

it('reads whatever a peer writes without throwing, to figures above 0', () => {
  const words = fc.constantFrom(
    'llama',
    '3.1',
    '8b',
    '8x7b',
    'a3b',
    ':',
    '/',
    '-',
    'q4_0',
    'e4b',
    '1m',
    '0b',
    '0x0b',
    '00m',
    'deepseek-v3'
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(words).map((list) => list.join(''))
      ),
      (name) => {
        const { paramsB = 1, activeParamsB = 1, bitsPerWeight = 1 } = parseModelName(name)
        expect([paramsB, activeParamsB, bitsPerWeight].filter((figure) => !(figure > 0 && Number.isFinite(figure)))).toEqual([])
      }
    ),
    { examples: [['3.18b3.1'], ['7b1'], ['0.0b1']] }
  )
})
