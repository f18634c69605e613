import { parseModelName } from '../catalogue/model-name.ts'
import type { Json, JsonObject } from '../job/api-call.ts'
import type { GatewayService, ServedModel } from './service.ts'

/** Of Ollama, whose API is spoken here: some clients look at it before they use what came later. */
export const OLLAMA_VERSION = '0.12.6'

const NEVER = '0001-01-01T00:00:00Z'

function isoOf(ms: number | undefined): string {
  return ms === undefined ? NEVER : new Date(ms).toISOString()
}

/** `GET /v1/models/{id}` */
export function openAiModel({ name, peers }: ServedModel, createdMs: number): JsonObject {
  return { id: name, object: 'model', created: Math.floor(createdMs / 1000), owned_by: 'peerbandit', peers }
}

/** What a model's name says of it; empty where it does not say. */
function detailsOf(name: string): JsonObject {
  const { paramsB, quant, family } = parseModelName(name)
  return {
    parent_model: '',
    format: '',
    family: family ?? '',
    families: family === null ? [] : [family],
    parameter_size: paramsB === undefined ? '' : `${Number(paramsB.toFixed(1))}B`,
    quantization_level: quant ?? ''
  }
}

/** An item of `GET /api/tags`. Sizes and digests are the peers' own. */
export function ollamaTag({ name }: ServedModel, sinceMs: number): JsonObject {
  return { name, model: name, modified_at: isoOf(sinceMs), size: 0, digest: '', details: detailsOf(name) }
}

/** An item of `GET /api/ps`. */
export function ollamaRunning({ name }: ServedModel): JsonObject {
  return { name, model: name, size: 0, digest: '', details: detailsOf(name), expires_at: NEVER, size_vram: 0 }
}

/** `POST /api/show` */
export function ollamaShow({ name }: ServedModel, sinceMs: number): JsonObject {
  return {
    license: '',
    modelfile: '',
    parameters: '',
    template: '',
    details: detailsOf(name),
    model_info: {},
    capabilities: ['completion'],
    modified_at: isoOf(sinceMs)
  }
}

/** `GET /api/health`, as CrowdLlama's gateway writes it. */
export function crowdLlamaHealth(service: GatewayService): JsonObject {
  const entries = (service.peers?.() ?? []).map((peer): [string, Json] => [
    peer.id,
    {
      is_healthy: peer.healthy,
      last_seen: isoOf(peer.lastSeenMs),
      last_health_check: isoOf(peer.lastSeenMs),
      failed_attempts: peer.failures ?? 0,
      last_failure: isoOf(peer.lastFailureMs),
      gpu_model: peer.gpu ?? '',
      supported_models: peer.models
    }
  ])
  return Object.fromEntries(entries)
}
