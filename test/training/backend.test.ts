import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { openBackend } from '../../src/training/backend.ts'
import { BACKENDS, type BackendName } from '../../src/training/running-backend.ts'
import { hasVulkanDriver } from '../../src/training/vulkan-drivers.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('train-on.ts', import.meta.url))
const installed = (name: string) => existsSync(new URL(`../../node_modules/@tensorflow/${name}`, import.meta.url))

describe('opening a backend', () => {
  it('takes the first that runs, and says in one line which and why not those before it', async () => {
    const lines: string[] = []
    const { name, close } = await openBackend({ announce: (line) => lines.push(line) })
    await close()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(new RegExp(`^backend: ${name}\\b.*$`))
    for (const before of BACKENDS.slice(0, BACKENDS.indexOf(name))) expect(lines[0]).toContain(`; not ${before}: `)
  })

  it.each<BackendName>(['wasm', 'cpu'])('opens %s when asked to, and computes with it', async (force) => {
    const lines: string[] = []
    const { name, tf, close } = await openBackend({ force, announce: (line) => lines.push(line) })
    const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync())
    await close()
    expect({ name, running: tf.getBackend(), lines }).toEqual({ name: force, running: force, lines: [`backend: ${force}`] })
    expect(Array.from(sum)).toEqual([2, 3])
  })

  it.skipIf(installed('tfjs-node-gpu'))('refuses one that is not installed, and says what to install', async () => {
    await expect(openBackend({ force: 'tfjs-node-gpu' })).rejects.toMatchObject({
      code: 'ERR_BACKEND',
      message:
        'no backend can run; tfjs-node-gpu: @tensorflow/tfjs-node-gpu is not installed. ' +
        'Install it with npm install @tensorflow/tfjs-node-gpu.'
    })
  })

  it('refuses WebGPU where no driver works, and says what to install', async () => {
    // Dawn complains on standard error, and reads the real environment: both are the child's.
    const failed = run(process.execPath, [PROGRAM, 'webgpu', '10', '1'], {
      env: { ...process.env, VK_DRIVER_FILES: '/no/such/driver.json' }
    })
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /no backend can run; webgpu: no GPU has .* driver\. Install Vulkan's loader and the GPU's driver /
      ) as string
    })
  })

  it('refuses names that it does not know', async () => {
    await expect(openBackend({ force: 'abacus' as BackendName })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: 'backend must be one of tfjs-node-gpu, tfjs-node, webgpu, wasm, cpu, got "abacus"'
    })
  })
})

describe('whether there is a Vulkan driver', () => {
  const folders: string[] = []
  const home = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerbandit-vulkan-'))
    folders.push(folder)
    return folder
  }
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
  })

  it.each(['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'])('believes %s', async (name) => {
    expect(await hasVulkanDriver({ [name]: '/anywhere/icd.json' })).toBe(true)
  })

  it.each([
    ['XDG_DATA_HOME', ''],
    ['XDG_CONFIG_DIRS', ''],
    ['HOME', '.local/share']
  ])('finds the manifest of a driver below %s', async (name, below) => {
    const root = await home()
    const folder = join(root, below, 'vulkan/icd.d')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'a.json'), '{}')
    expect(await hasVulkanDriver({ [name]: root })).toBe(true)
  })
})
