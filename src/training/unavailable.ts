import { createRequire } from 'node:module'
import { messageOf } from '../core/errors.ts'

const { resolve } = createRequire(import.meta.url)

/** Why a backend cannot run here, and what to do about it. */
export class Unavailable extends Error {
  /** A sentence: "Install it with npm install webgpu." */
  readonly remedy: string

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'Unavailable'
    this.remedy = remedy
  }
}

/** Native parts say much when they do not load; the first line has what matters. */
function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0]
}

/** Asked of Node itself: what a failed import says differs between Node and the tools that run tests. */
function isInstalled(name: string): boolean {
  try {
    resolve(name)
    return true
  } catch {
    return false
  }
}

/**
 * Loads a package that peerbandit runs without.
 * @param names what to install for the backend, the package that is loaded first
 * @throws Unavailable if it is not installed, or does not load
 */
export async function loadOptional<Module>(names: readonly string[], load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    const remedy = `Install it with npm install ${names.join(' ')}.`
    if (!isInstalled(names[0])) throw new Unavailable(`${names[0]} is not installed`, remedy, { cause: error })
    throw new Unavailable(`${names[0]} does not load: ${firstLine(error)}`, remedy, { cause: error })
  }
}
