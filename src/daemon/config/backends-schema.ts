import { z } from 'zod'
import { atLeast0, formed, httpUrl, integer, listOf, mapOf, name, object, oneOf, positive, text, variable } from './parts.ts'

const models = z.union(
  [listOf(text(), 1), mapOf(text())],
  'a list of names, or an object from public names to those of the backend'
)

/** A server that speaks HTTP and runs jobs: a peer like any other. */
export const backendSchema = object({
  name: name().describe('What it is called in logs, metrics and the journal; what was learned of it is kept under this name.'),
  kind: oneOf(['openai', 'ollama']).describe('What it speaks: the HTTP API of OpenAI (llama.cpp, vLLM, …) or that of Ollama.'),
  url: httpUrl().describe('Where it is; `/v1` at its end may be left out.'),
  apiKeyEnv: variable().optional().describe('The environment variable that holds its API key. No key where it is left out.'),
  models: models
    .optional()
    .describe(
      'The models to use it for: a list of names, or an object from public names to those of the backend. What it lists where it is left out.'
    ),
  slots: integer(1, 10_000).optional().describe('Jobs that it runs side by side. What it says where it is left out.'),
  gpu: text().optional().describe('Its GPU, for a first guess of its speed: `RTX 4090`.'),
  vramGb: positive().optional().describe('Memory of its GPU, GB.'),
  tokensPerSecond: positive().optional().describe('Decode speed of one job that runs alone, tokens/s, for a first guess.'),
  pricePerMillionTokens: atLeast0()
    .optional()
    .describe('What a million output tokens cost, in the currency that `maxPrice` of rules has too.'),
  headers: z
    .record(
      formed(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'the name of an HTTP header'),
      formed(/^[\t\x20-\x7e]*$/, 'the text of an HTTP header'),
      'an object'
    )
    .optional()
    .describe('HTTP headers that go with every request to it.')
})
