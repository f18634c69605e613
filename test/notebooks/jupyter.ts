import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../src/core/errors.ts'

const run = promisify(execFile)

export const NOTEBOOKS = fileURLToPath(new URL('../../notebooks', import.meta.url))
/** What is made once and kept, until the project is installed anew. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/notebooks', import.meta.url))
const PYTHON = join(CACHE, 'python')
const REQUIREMENTS = join(NOTEBOOKS, 'requirements.txt')
const MADE = join(CACHE, 'made')

/** A step of the set-up that needs what a machine may lack. @throws what was tried, and what went wrong */
async function step(what: string, program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, args)
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error })
  }
}

async function writeKernel(): Promise<void> {
  const directory = join(PYTHON, 'share/jupyter/kernels/tslab')
  await mkdir(directory, { recursive: true })
  const argv = [process.execPath, join(NOTEBOOKS, 'node_modules/tslab/bin/tslab'), 'kernel', '--config-path', '{connection_file}']
  await writeFile(join(directory, 'kernel.json'), JSON.stringify({ argv, display_name: 'TypeScript', language: 'typescript' }))
}

/** Makes a Python environment with nbconvert, and the kernel. @throws where there is no Python, or no registry to be reached */
export async function setUpJupyter(): Promise<void> {
  const wanted = (await readFile(REQUIREMENTS, 'utf8')) + (await readFile(join(NOTEBOOKS, 'package-lock.json'), 'utf8'))
  const made = await readFile(MADE, 'utf8').catch(() => '')
  if (made !== wanted) {
    await step('python3 -m venv', 'python3', ['-m', 'venv', '--clear', PYTHON])
    await step('pip install', join(PYTHON, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS])
    await step('npm ci', 'npm', ['ci', '--prefix', NOTEBOOKS, '--no-audit', '--no-fund'])
    await writeFile(MADE, wanted)
  }
  await writeKernel()
}

export interface NotebookOutput {
  readonly output_type: 'stream' | 'display_data' | 'execute_result' | 'error'
  readonly text?: string | readonly string[]
  /** By media type. */
  readonly data?: Readonly<Record<string, string | readonly string[]>>
}

export interface Notebook {
  readonly cells: readonly {
    readonly cell_type: 'code' | 'markdown'
    readonly source: string | readonly string[]
    readonly execution_count?: number | null
    readonly outputs?: readonly NotebookOutput[]
  }[]
}

/** Runs all cells of a notebook in a fresh kernel, in the notebook's folder. @param directory for what Jupyter leaves behind */
export async function executeNotebook(path: string, directory: string): Promise<Notebook> {
  const own = {
    PEERBANDIT_ROWS: undefined,
    JUPYTER_DATA_DIR: directory,
    JUPYTER_CONFIG_DIR: directory,
    JUPYTER_RUNTIME_DIR: directory
  }
  const output = join(directory, 'executed.ipynb')
  const args = ['nbconvert', '--to', 'notebook', '--execute', '--ExecutePreprocessor.timeout=300', '--output', output, path]
  await run(join(PYTHON, 'bin/jupyter'), args, { env: { ...process.env, ...own } })
  return JSON.parse(await readFile(output, 'utf8')) as Notebook
}
