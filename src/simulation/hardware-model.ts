import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, PeerbanditError } from '../core/errors.ts'
import type { ModelDocument } from '../throughput/model-document.ts'
import { readModelDocument } from '../throughput/model-file.ts'
import { SHIPPED_MODELS } from '../throughput/model-store.ts'
import { type ThroughputModel, throughputModel } from '../throughput/throughput-model.ts'

/** The model of hardware that comes with the package. */
export const SHIPPED_MODEL = join(SHIPPED_MODELS, 'default.json')

const models = new Map<string, ThroughputModel>()

/** The model in a file; every run of a process has the same one. @throws ERR_MODEL */
export function throughputModelIn(file: string): ThroughputModel {
  const model = models.get(file) ?? throughputModel(documentIn(file))
  models.set(file, model)
  return model
}

function documentIn(file: string): ModelDocument {
  try {
    return readModelDocument(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new PeerbanditError('ERR_MODEL', `${file} cannot be used: ${messageOf(cause)}`, { cause })
  }
}
