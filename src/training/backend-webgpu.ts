import type { Backend } from './running-backend.ts'
import { activate, loadTensorFlow } from './backend-javascript.ts'
import type { TensorFlow } from './tensorflow.ts'
import { Unavailable, loadOptional } from './unavailable.ts'
import { hasVulkanDriver } from './vulkan-drivers.ts'

/** The parts of WebGPU that are used here: its types come with the DOM, which Node has not. */
interface Device {
  destroy(): void
}
interface Adapter {
  readonly limits: Readonly<Record<string, number>>
  readonly info: { readonly description: string; readonly device: string; readonly isFallbackAdapter?: boolean }
  requestDevice(descriptor: object): Promise<Device>
}
interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>
}
interface Dawn {
  create(options: readonly string[]): Gpu
  readonly globals: Readonly<Record<string, unknown>>
}
interface WebGpuBackend {
  readonly WebGPUBackend: new (device: Device, info: object) => never
}

const WEBGPU = 'webgpu'
const PACKAGES = [WEBGPU, '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs']
const DRIVER =
  "Install Vulkan's loader and the GPU's driver (on Debian libvulkan1, and mesa-vulkan-drivers or NVIDIA's own), or name a driver in VK_DRIVER_FILES."

/** What TensorFlow.js wants as large as the adapter has it; other limits are WebGPU's defaults. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup'
]

/** Renderers that compute on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i

/** TensorFlow.js looks for WebGPU where a browser has it. */
function exposeWebGpu({ globals }: Dawn, gpu: Gpu): void {
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true })
}

function hideWebGpu(): void {
  Reflect.deleteProperty(globalThis.navigator, 'gpu')
}

/** Dawn puts dashes where the driver's name has anything but letters and digits. */
function deviceName({ info }: Adapter): string {
  return info.device === '' ? info.description : info.device.replace(/-+$/, '')
}

async function adapterOf(gpu: Gpu, forced: boolean): Promise<Adapter> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new Unavailable('no GPU has a Vulkan, Metal or D3D12 driver', DRIVER)
  const isSoftware =
    adapter.info.isFallbackAdapter === true || SOFTWARE.test(`${adapter.info.device} ${adapter.info.description}`)
  if (isSoftware && !forced) throw new Unavailable(`${deviceName(adapter)} is no GPU`, DRIVER)
  return adapter
}

/** TensorFlow.js registers one by itself that asks for an adapter of its own. */
function unregister(tf: TensorFlow): void {
  if (tf.findBackendFactory(WEBGPU) !== null) tf.removeBackend(WEBGPU)
}

/** @returns how to end it */
async function start(tf: TensorFlow, adapter: Adapter): Promise<() => void> {
  const { WebGPUBackend } = (await loadOptional(
    PACKAGES.slice(1),
    () => import('@tensorflow/tfjs-backend-webgpu')
  )) as unknown as WebGpuBackend
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]))
  const device = await adapter.requestDevice({ requiredLimits })
  const end = () => {
    unregister(tf)
    device.destroy()
    // While something holds what `create` made, Dawn keeps the process running.
    hideWebGpu()
  }
  unregister(tf)
  tf.registerBackend(WEBGPU, () => new WebGPUBackend(device, adapter.info))
  await activate(tf, WEBGPU).catch((error: unknown) => {
    end()
    throw error
  })
  return end
}

/**
 * A GPU of any make, by Dawn: Vulkan on Linux, Metal on macOS, D3D12 on Windows.
 * @param forced on a software renderer, too: slower than WebAssembly, but the same program
 * @throws Unavailable
 */
export async function openWebGpu(forced: boolean): Promise<Backend> {
  const dawn = (await loadOptional(PACKAGES, () => import('webgpu'))) as unknown as Dawn
  if (process.platform === 'linux' && !(await hasVulkanDriver(process.env))) {
    throw new Unavailable('no Vulkan driver is installed', DRIVER)
  }
  const tf = await loadTensorFlow()
  const gpu = dawn.create([])
  const adapter = await adapterOf(gpu, forced)
  exposeWebGpu(dawn, gpu)
  const end = await start(tf, adapter)
  const close = () => {
    end()
    return Promise.resolve()
  }
  return { name: WEBGPU, device: deviceName(adapter), tf, activate: () => activate(tf, WEBGPU), close }
}
