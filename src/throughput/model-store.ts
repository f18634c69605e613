import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, PeerbanditError } from '../core/errors.ts'
import type { ModelDocument } from './model-document.ts'
import { readModelDocument } from './model-file.ts'
import {
  checkModelName,
  EMPTY_REGISTRY,
  type ModelRegistry,
  promoted,
  readRegistry,
  rolledBack,
  type ServedModel
} from './model-registry.ts'

/** The models that come with the package, two folders up from the sources as from the build. */
export const SHIPPED_MODELS = fileURLToPath(new URL('../../models/throughput', import.meta.url))

const ENDING = '.json'
const REGISTRY = `registry${ENDING}`

/** A file of a directory of models. */
export interface StoredModel {
  readonly name: string
  /** The model, or why its file holds none. */
  readonly found: ModelDocument | PeerbanditError
}

/** What a router starts with. */
export interface ServingModel {
  /** Undefined where none of the models that have served can be used. */
  readonly model?: ModelDocument
  readonly name?: string
  /** Why it is not the one that should serve. */
  readonly reason?: string
}

/**
 * A directory of models: `NAME.json` each, and `registry.json`, which says which of them serves. Files are replaced whole: who reads
 * meanwhile sees the old one or the new one.
 */
export interface ModelStore {
  readonly directory: string
  /** In order of name. */
  list(): Promise<readonly StoredModel[]>
  /** @throws ERR_MODEL naming the file */
  read(name: string): Promise<ModelDocument>
  /** Empty where there is no file. @throws ERR_MODEL */
  registry(): Promise<ModelRegistry>
  /** The model that serves; where it cannot be used, the last one that can. Never rejects: a router runs without a model too. */
  serving(): Promise<ServingModel>
  /** @throws ERR_MODEL if it cannot be used, or serves already */
  promote(name: string, record: Pick<ServedModel, 'promotedAt' | 'why'>): Promise<ModelRegistry>
  /** Back to the last model before this one that can be used. @throws ERR_MODEL if there is none */
  rollBack(): Promise<ModelRegistry>
}

export function modelStore(directory: string): ModelStore {
  return new DirectoryStore(directory)
}

/** Writes a file so that it is there whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`
  try {
    await writeFile(unfinished, text, { flush: true })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw new PeerbanditError('ERR_MODEL', `${path} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}

/** @throws ERR_MODEL naming the file */
export async function readModelFile(path: string): Promise<ModelDocument> {
  try {
    return readModelDocument(await readFile(path, 'utf8'))
  } catch (error) {
    throw unusable(path, error)
  }
}

function unusable(path: string, error: unknown): PeerbanditError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  return new PeerbanditError('ERR_MODEL', `${path}: ${missing ? 'does not exist' : messageOf(error)}`, { cause: error })
}

class DirectoryStore implements ModelStore {
  readonly directory: string
  readonly #registryPath: string

  constructor(directory: string) {
    this.directory = directory
    this.#registryPath = join(directory, REGISTRY)
  }

  async list(): Promise<readonly StoredModel[]> {
    const files = await readdir(this.directory).catch((error: unknown) => {
      throw unusable(this.directory, error)
    })
    const names = files.filter((file) => file.endsWith(ENDING) && file !== REGISTRY).map((file) => file.slice(0, -ENDING.length))
    return Promise.all(
      names
        .sort()
        .map(async (name) => ({ name, found: await this.read(name).catch((error: unknown) => error as PeerbanditError) }))
    )
  }

  async read(name: string): Promise<ModelDocument> {
    return readModelFile(join(this.directory, `${checkModelName(name)}${ENDING}`))
  }

  async registry(): Promise<ModelRegistry> {
    try {
      return readRegistry(await readFile(this.#registryPath, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY_REGISTRY
      throw unusable(this.#registryPath, error)
    }
  }

  /** @throws ERR_MODEL also where the file is another model by now */
  async #readServed({ name, sha256 }: ServedModel): Promise<ModelDocument> {
    const model = await this.read(name)
    if (model.sha256 === sha256) return model
    throw new PeerbanditError('ERR_MODEL', `${name}${ENDING} was written over since it was promoted`)
  }

  async serving(): Promise<ServingModel> {
    const defects: string[] = []
    try {
      const { serving, history } = await this.registry()
      if (serving === null) return { reason: `no model of ${this.directory} serves` }
      for (const served of [serving, ...history.toReversed()]) {
        try {
          const model = await this.#readServed(served)
          return { model, name: served.name, ...(defects.length > 0 && { reason: defects.join('; ') }) }
        } catch (error) {
          defects.push(messageOf(error))
        }
      }
    } catch (error) {
      defects.push(messageOf(error))
    }
    return { reason: defects.join('; ') }
  }

  async promote(name: string, record: Pick<ServedModel, 'promotedAt' | 'why'>): Promise<ModelRegistry> {
    const { sha256 } = await this.read(name)
    const { promotedAt, why } = record
    return this.#write(promoted(await this.registry(), { name, sha256, promotedAt, why }))
  }

  async rollBack(): Promise<ModelRegistry> {
    const registry = await this.registry()
    for (let steps = 1; ; steps++) {
      const earlier = rolledBack(registry, steps)
      if (earlier.serving !== null && (await this.#canServe(earlier.serving))) return this.#write(earlier)
    }
  }

  #canServe(served: ServedModel): Promise<boolean> {
    return this.#readServed(served).then(
      () => true,
      () => false
    )
  }

  async #write(registry: ModelRegistry): Promise<ModelRegistry> {
    await replaceFile(this.#registryPath, `${JSON.stringify(registry, undefined, 2)}\n`)
    return registry
  }
}
