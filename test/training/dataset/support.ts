import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { isPeerbanditError, messageOf } from '../../../src/core/errors.ts'
import { readDataset } from '../../../src/training/dataset/dataset.ts'

/** A folder of the test file's own. */
export function testFolder(): {
  readonly path: (name: string) => string
  readonly write: (name: string, text: string) => Promise<string>
} {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerbandit-dataset-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
  })
  const path = (name: string) => join(folder, name)
  return {
    path,
    write: async (name, text) => {
      await writeFile(path(name), text)
      return path(name)
    }
  }
}

/** The message of the ERR_DATASET that reading ends with, without the folder. */
export async function refusal(...patterns: readonly string[]): Promise<string> {
  const error = await readDataset(patterns).catch((thrown: unknown) => thrown)
  expect(isPeerbanditError(error, 'ERR_DATASET'), messageOf(error)).toBe(true)
  return messageOf(error).replaceAll(/\S*\/peerbandit-dataset-\w+\//g, '')
}
