import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type * as Onnx from 'onnxruntime-common'
import { messageOf } from '../../../src/core/errors.ts'
import { progress } from './timing.ts'

const run = promisify(execFile)

/** Apart from the project: 290 MB that only a comparison needs, and an install script that fetches more, for GPUs. */
const HOME = fileURLToPath(new URL('onnxruntime/', import.meta.url))

type OnnxRuntime = typeof Onnx

/** onnxruntime-node, installed on first use. @throws where it cannot be had, saying why */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  const require = createRequire(join(HOME, 'package.json'))
  if (!existsSync(join(HOME, 'node_modules/onnxruntime-node'))) {
    progress('onnxruntime-node is installed, once')
    try {
      await run('npm', ['ci', '--prefix', HOME, '--ignore-scripts', '--no-audit', '--no-fund'])
    } catch (cause) {
      throw new Error(`onnxruntime-node cannot be installed: ${messageOf(cause)}`, { cause })
    }
  }
  return require('onnxruntime-node') as OnnxRuntime
}
