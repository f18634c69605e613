/** As JSON.parse makes it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A request in the words of OpenAI's API, for peers that speak it: what this project does not know goes through untouched.
 * @see https://platform.openai.com/docs/api-reference
 */
export interface ApiCall {
  /** `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings` */
  readonly endpoint: 'chat' | 'completion' | 'embedding'
  /** As the client sent it; `stream` is for whoever carries it to decide. */
  readonly body: JsonObject
  /** What an Ollama client sent, for peers that speak Ollama: with what OpenAI's words do not say. */
  readonly ollama?: JsonObject
}
