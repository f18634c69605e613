import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const time = 'Take a Clock (core/clock.ts): time is an argument.'
const chance = 'Take an Rng (core/rng.ts): randomness is an argument.'

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'src/network/generated/', '.peerbandit/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', '.dependency-cruiser.js'] },
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: time },
        { object: 'performance', property: 'now', message: time },
        { object: 'Math', property: 'random', message: chance }
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        {
          selector: 'VariableDeclaration[kind=/using/]',
          message:
            'Node 22 runs the sources as they are and does not know `using`: try … finally, or withDeadline (core/abort.ts).'
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: time }
      ],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true }],
      complexity: ['error', 10],
      'max-params': ['error', 4],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }]
    }
  },
  {
    files: ['src/core/clock.ts', 'src/core/rng.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' }
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-non-null-assertion': 'off'
    }
  },
  // What browsers have tsc knows.
  { files: ['src/dashboard/page/**'], rules: { 'no-undef': 'off' } },
  { files: ['*.js', '.*.js', '*.config.ts'], ...tseslint.configs.disableTypeChecked },
  { files: ['*.js', '.*.js', '*.config.ts'], rules: { 'no-restricted-syntax': 'off' } }
)
