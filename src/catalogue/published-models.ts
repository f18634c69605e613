/** Parameters as published, in billions: all of them, and of a mixture of experts those that a token passes through. */
export type PublishedSize = number | readonly [total: number, active: number]

/**
 * Models whose name says something other than their size: those that are more than a few percent off, mixtures of experts, and those
 * that have a word for a size. Under the size that the name says, or '' where it says none. From the models' own cards.
 */
export const PUBLISHED: readonly (readonly [line: RegExp, sizes: Readonly<Record<string, PublishedSize>>])[] = [
  [/llama-?(?:v?3[.p]2)/, { '1b': 1.24, '3b': 3.21, '11b': 10.7, '90b': 88.8 }],
  [/llama-?4-scout/, { '': [109, 17], '17b': [109, 17], '16x17b': [109, 17] }],
  [/llama-?4-maverick/, { '': [400, 17], '17b': [400, 17], '128x17b': [400, 17] }],
  [/llama-?4/, { '16x17b': [109, 17], '128x17b': [400, 17] }],
  [/qwen-?1\.5-moe/, { '': [14.3, 2.7] }],
  [/qwen-?2(?:\.5(?:\.1)?)?(?![.\d])/, { '0.5b': 0.49, '1.5b': 1.54, '7b': 7.62, '14b': 14.8, '32b': 32.8, '57b': [57.4, 14] }],
  [/qwen-?3-coder(?!-(?:next|flash|plus))/, { '': [480, 35], '480b': [480, 35], '30b': [30.5, 3.3] }],
  [/qwen-?3-(?:coder-)?next/, { '': [80, 3], '80b': [80, 3] }],
  [/qwen-?3(?![.\d])/, { '14b': 14.8, '32b': 32.8, '30b': [30.5, 3.3], '235b': [235, 22] }],
  [/qwq|qvq/, { '': 32.8 }],
  [/mixtral|8x7b|8x22b/, { '': [46.7, 12.9], '8x7b': [46.7, 12.9], '8x22b': [140.6, 39.1] }],
  [/mistral-nemo/, { '': 12.2 }],
  [/mistral-small(?:-?3)?/, { '': 23.6, '24b': 23.6 }],
  [/mistral-large/, { '': 123 }],
  [/codestral/, { '': 22.2 }],
  [/devstral|magistral/, { '': 23.6 }],
  [/mistral-7b|mistral-v0/, { '': 7.25, '7b': 7.25 }],
  [/gemma-?3n/, { e2b: [4.46, 2], e4b: [6.87, 4] }],
  [/gemma-?4/, { e2b: [5.1, 2.3], e4b: [8, 4.5] }],
  [/gemma-?2(?![\d.b])/, { '2b': 2.61, '9b': 9.24, '27b': 27.2 }],
  [/gemma-(?!\d+(?:-|$))/, { '2b': 2.51, '7b': 8.54 }],
  [/(?<![a-z])phi-?1(?!\d)/, { '': 1.42 }],
  [/phi-?2/, { '': 2.78 }],
  [/phi-?3(?:\.5)?-(?:mini|vision)/, { '': 3.82 }],
  [/phi-?3-small/, { '': 7.39 }],
  [/phi-?3-medium/, { '': 14 }],
  [/phi-?3\.5-moe/, { '': [41.9, 6.6] }],
  [/phi-?4-mini/, { '': 3.84 }],
  [/phi-?4-multimodal/, { '': 5.57 }],
  [/phi-?4/, { '': 14.7, '14b': 14.7 }],
  [/gpt-?oss/, { '20b': [20.9, 3.6], '120b': [116.8, 5.1] }],
  [/deepseek-(?:coder-)?v2-lite/, { '': [15.7, 2.4], '16b': [15.7, 2.4] }],
  [/deepseek-(?:coder-)?v2(?:\.5)?/, { '': [236, 21], '16b': [15.7, 2.4], '236b': [236, 21] }],
  [/deepseek-(?:chat-)?(?:v3|r1)(?!.*distill)/, { '': [671, 37], '671b': [671, 37] }],
  [/deepseek-moe/, { '': [16.4, 2.8], '16b': [16.4, 2.8] }],
  [/kimi-k2|kimi-dev-k2/, { '': [1000, 32], '1t': [1000, 32] }],
  [/glm-?4\.5-air/, { '': [106, 12] }],
  [/glm-?4\.[567]-flash/, { '': [30, 3] }],
  [/glm-?4\.[567](?!v)/, { '': [355, 32] }],
  [/minimax-m2/, { '': [230, 10] }],
  [/minimax-(?:m1|01|text-01)/, { '': [456, 45.9] }],
  [/hunyuan-a13b/, { '': [80, 13] }],
  [/olmoe/, { '': [6.9, 1.3], '1b': [6.9, 1.3], '7b': [6.9, 1.3] }],
  [/command-r-?plus|command-r\+/, { '': 104 }],
  [/command-a/, { '': 111 }],
  [/command-r(?!-?7b)/, { '': 35 }],
  [/dbrx/, { '': [132, 36] }],
  [/grok-1/, { '': [314, 86] }],
  [/jamba-(?:1\.\d-)?mini/, { '': [52, 12] }],
  [/jamba-(?:1\.\d-)?large/, { '': [398, 94] }],
  [/tiny-?llama/, { '': 1.1 }]
]

/** What Ollama runs under a name without a tag, as of 2025: https://ollama.com/library. */
export const OLLAMA_SIZES: Readonly<Record<string, string>> = {
  ...{
    llama2: '7b',
    llama3: '8b',
    'llama3.1': '8b',
    'llama3.2': '3b',
    'llama3.2-vision': '11b',
    'llama3.3': '70b',
    llama4: '16x17b'
  },
  ...{ codellama: '7b', tinyllama: '1.1b', 'llama2-uncensored': '7b', 'llama-guard3': '8b', dolphin3: '8b', hermes3: '8b' },
  ...{ qwen: '4b', qwen2: '7b', 'qwen2.5': '7b', 'qwen2.5-coder': '7b', 'qwen2.5vl': '7b', qwen3: '8b', 'qwen3-coder': '30b' },
  ...{ 'qwen3-vl': '8b', 'qwen3-embedding': '8b', qwq: '32b', gemma: '7b', gemma2: '9b', gemma3: '4b', gemma3n: 'e4b' },
  ...{ codegemma: '7b', phi: '2.7b', phi3: '3.8b', 'phi3.5': '3.8b', phi4: '14b', 'phi4-mini': '3.8b', 'phi4-reasoning': '14b' },
  ...{ mistral: '7b', mixtral: '8x7b', 'mistral-nemo': '12b', 'mistral-small': '24b', 'mistral-small3.1': '24b' },
  ...{ 'mistral-small3.2': '24b', 'mistral-large': '123b', codestral: '22b', devstral: '24b', magistral: '24b', mathstral: '7b' },
  ...{ 'deepseek-r1': '8b', 'deepseek-v2': '16b', 'deepseek-coder': '1.3b', 'deepseek-coder-v2': '16b', 'deepseek-v3': '671b' },
  ...{ 'deepseek-v3.1': '671b', 'deepseek-llm': '7b', deepscaler: '1.5b', 'gpt-oss': '20b', 'command-r': '35b', aya: '8b' },
  ...{ 'command-r-plus': '104b', 'aya-expanse': '8b', smollm: '1.7b', smollm2: '1.7b', starcoder2: '3b', 'granite-code': '3b' },
  ...{ 'granite3-dense': '2b', 'granite3.1-dense': '8b', 'granite3.2': '8b', 'granite3.3': '8b', yi: '6b', 'yi-coder': '9b' },
  ...{
    solar: '10.7b',
    falcon: '7b',
    falcon3: '7b',
    vicuna: '7b',
    zephyr: '7b',
    openchat: '7b',
    'neural-chat': '7b',
    llava: '7b'
  },
  ...{
    'starling-lm': '7b',
    'orca-mini': '3b',
    wizardlm2: '7b',
    'exaone3.5': '7.8b',
    'exaone-deep': '7.8b',
    glm4: '9b',
    cogito: '8b'
  },
  ...{
    internlm2: '7b',
    nemotron: '70b',
    'nemotron-mini': '4b',
    olmo2: '7b',
    openthinker: '7b',
    'minicpm-v': '8b',
    stablelm2: '1.6b'
  }
}
