import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../src/core/errors.ts'

const run = promisify(execFile)
const OUT = join(import.meta.dirname, '../../.peerbandit/interop')

/** The programs that are other implementations: CrowdLlama's own packages, a plain go-libp2p, a plain rust-libp2p. */
export type ProgramName = 'crowdllama' | 'go-libp2p' | 'rust-libp2p'

interface Recipe {
  readonly folder: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly remedy: string
}

const GO_REMEDY = 'It needs Go; where the Go modules cannot be fetched, another proxy may have them: GOPROXY is honoured.'
const RUST_REMEDY = 'It needs cargo, and a registry that can be reached the first time.'

const CARGO_TARGET = join(OUT, 'cargo')

const PATHS: Readonly<Record<ProgramName, string>> = {
  crowdllama: join(OUT, 'crowdllama'),
  'go-libp2p': join(OUT, 'go-libp2p'),
  'rust-libp2p': join(CARGO_TARGET, 'release/interop-peer')
}

function goRecipe(folder: string, out: string): Recipe {
  const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' }
  return { folder, command: 'go', args: ['build', '-buildvcs=false', '-o', out, '.'], env, remedy: GO_REMEDY }
}

const RECIPES: Readonly<Record<ProgramName, Recipe>> = {
  crowdllama: goRecipe('go/crowdllama', PATHS.crowdllama),
  'go-libp2p': goRecipe('go/libp2p', PATHS['go-libp2p']),
  'rust-libp2p': {
    folder: 'rust',
    command: 'cargo',
    args: ['build', '--release', '--locked', '--quiet'],
    env: { CARGO_TARGET_DIR: CARGO_TARGET },
    remedy: RUST_REMEDY
  }
}

export function programPath(name: ProgramName): string {
  return PATHS[name]
}

/** Builds a program into .peerbandit/interop; where nothing changed, in about a second. @throws what the compiler said, and what is needed */
export async function buildProgram(name: ProgramName): Promise<void> {
  const { folder, command, args, env, remedy } = RECIPES[name]
  await mkdir(OUT, { recursive: true })
  process.stderr.write(`${name} is built\n`)
  try {
    await run(command, args, { cwd: join(import.meta.dirname, folder), env: { ...process.env, ...env }, maxBuffer: 2 ** 24 })
  } catch (cause) {
    throw new Error(`${name} cannot be built: ${messageOf(cause)}\n${remedy}`, { cause })
  }
}

/** One after the other: each compiler takes all cores. */
export async function buildPrograms(names: readonly ProgramName[] = ['crowdllama', 'go-libp2p', 'rust-libp2p']): Promise<void> {
  for (const name of names) await buildProgram(name)
}
