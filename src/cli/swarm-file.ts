import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PeerbanditError } from '../core/errors.ts'

/** Where a swarm that was left running says how to join it, so that the other commands need no address. */
const SWARM_FILE = '.peerbandit/swarm.json'

export interface SwarmFile {
  readonly bootstrap: readonly string[]
  readonly model: string
}

export async function writeSwarmFile(swarm: SwarmFile): Promise<void> {
  await mkdir(dirname(SWARM_FILE), { recursive: true })
  await writeFile(SWARM_FILE, `${JSON.stringify(swarm, undefined, 2)}\n`)
}

export async function removeSwarmFile(): Promise<void> {
  await rm(SWARM_FILE, { force: true })
}

async function readSwarmFile(): Promise<Partial<SwarmFile>> {
  try {
    return JSON.parse(await readFile(SWARM_FILE, 'utf8')) as Partial<SwarmFile>
  } catch {
    return {}
  }
}

/** The network to join: as the options say, or else the swarm that runs here. @throws ERR_INVALID_OPTION when neither is known */
export async function networkOf(options: {
  readonly bootstrap?: readonly string[]
  readonly model?: string
}): Promise<SwarmFile> {
  const running = await readSwarmFile()
  const bootstrap = options.bootstrap ?? running.bootstrap
  const model = options.model ?? running.model
  if (bootstrap === undefined || model === undefined) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `no ${bootstrap === undefined ? 'bootstrap address' : 'model'} given, and no swarm runs here: give --bootstrap and --model, or start one with "peerbandit demo --serve"`
    )
  }
  return { bootstrap, model }
}
