import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TIME_LIMIT_MS = 300_000

/** What a package is built from: packing in a copy leaves the build of the project as it is. */
const SOURCES = ['src', 'data', 'docs', 'models', 'packaging', 'package.json', 'README.md', 'LICENSE']
const BUILD_FILES = ['tsconfig.json', 'tsconfig.build.json']

let directory: string
let packed: readonly string[]
let installed: string

/** The Node.js of this test before any other, as who installs the package has it. */
const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), NO_COLOR: '1' }

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  return (await run('npm', args, { cwd, env, shell: process.platform === 'win32' })).stdout
}

async function pack(): Promise<string> {
  const project = join(directory, 'project')
  await mkdir(project)
  for (const name of [...SOURCES, ...BUILD_FILES]) await cp(join(ROOT, name), join(project, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'), 'junction')
  const output = await npm(project, 'pack', '--json', '--pack-destination', directory)
  // Before npm's own answer comes what the build says.
  const found = JSON.parse(output.slice(output.search(/^[[{]/m))) as unknown
  const [{ filename, files }] = Object.values(found as Record<string, { filename: string; files: { path: string }[] }>)
  packed = files.map(({ path }) => path)
  return join(directory, filename)
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-pack-'))
  const tarball = await pack()
  installed = join(directory, 'installed')
  await mkdir(installed)
  await writeFile(join(installed, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await npm(installed, 'install', tarball, '--prefer-offline', '--no-audit', '--no-fund')
}, TIME_LIMIT_MS)
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function peerbandit(...args: readonly string[]): Promise<string> {
  const program = join(installed, 'node_modules', '.bin', 'peerbandit')
  return (await run(program, args, { cwd: installed, env, shell: process.platform === 'win32' })).stdout
}

describe('the package', () => {
  it('holds what runs, and no sources or tests', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        ...['dist/cli/main.js', 'dist/index.d.ts', 'docs/peerbandit.config.schema.json', 'packaging/peerbandit.service'],
        ...['docs/configuration.md', 'docs/operations.md', 'LICENSE', 'README.md', 'data/scenario.schema.json']
      ])
    )
    expect(packed.filter((path) => /^(src|test|training|notebooks)\/|\.test\./.test(path))).toEqual([])
  })

  it('runs when it is installed', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await peerbandit('--version')).toBe(`${version}\n`)
    expect(await peerbandit('simulate', '--list')).toMatch(/^Scenarios\n/)
    const schema = await readFile(join(ROOT, 'docs', 'peerbandit.config.schema.json'), 'utf8')
    expect(await peerbandit('config', 'schema')).toBe(schema)
  })

  it('writes a configuration whose schema is in it', async () => {
    await peerbandit('init')
    const { $schema } = JSON.parse(await readFile(join(installed, 'peerbandit.config.json'), 'utf8')) as { $schema: string }
    expect($schema).toBe('./node_modules/peerbandit/docs/peerbandit.config.schema.json')
    expect(await readFile(join(installed, $schema), 'utf8')).toContain('peerbandit configuration')
  })

  it('has four entry points for ES modules', async () => {
    await writeFile(
      join(installed, 'all.js'),
      `import { createSelection } from 'peerbandit'
       import { startRouter } from 'peerbandit/libp2p'
       import { batchingEngine } from 'peerbandit/simulation'
       import { openBackend } from 'peerbandit/training'
       console.log([createSelection, startRouter, batchingEngine, openBackend].map((each) => typeof each).join())`
    )
    const { stdout } = await run(process.execPath, ['all.js'], { cwd: installed, env })
    expect(stdout).toBe('function,function,function,function\n')
  })
})
