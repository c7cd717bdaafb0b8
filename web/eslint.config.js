import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

const lines = (max) => ['error', { max, skipBlankLines: true, skipComments: true }]

// A file may import from what stands below it, never sideways from another feature.
const below = (...patterns) => ['error', { patterns }]
const noFeatures = { group: ['@/features/*', '**/features/*'], message: 'features are above this' }
const noVue = { group: ['vue', 'vue-*', 'pinia', 'naive-ui', '@/stores/*', '@/composables/*'], message: 'domain/ is pure' }

export default ts.config(
  { ignores: ['dist', 'out', 'src/api/schema.gen.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    files: ['**/*.{ts,vue}'],
    rules: {
      'no-undef': 'off', // the type checker knows
      'no-console': 'error',
      eqeqeq: 'error',
      'max-lines': lines(250),
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'vue/no-v-html': 'error',
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/attributes-order': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-bare-strings-in-template': ['error', { allowlist: ['·', '–', '→', '/', '×', '…', ':', '(', ')', ',', '%', '≈', '⌘K', 'Ctrl K', '☰', '=', '+', '$', '#', '✓', '▾'] }],
    },
  },
  { files: ['src/**/*Page.vue'], rules: { 'max-lines': lines(150) } },
  // A composable is one function that holds its parts together.
  { files: ['src/composables/**/*.ts'], rules: { 'max-lines': lines(120), 'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }] } },
  {
    files: ['src/domain/**/*.ts'],
    rules: { 'no-restricted-imports': below(noFeatures, noVue) },
  },
  {
    files: ['src/{api,composables,components,stores,theme,locales}/**/*.{ts,vue}'],
    rules: { 'no-restricted-imports': below(noFeatures) },
  },
  {
    files: ['src/features/**/*.{ts,vue}'],
    rules: { 'no-restricted-imports': below({ group: ['@/features/*', '../../**'], message: 'features never import each other: move what is shared to components, composables or domain' }) },
  },
  {
    files: ['**/*.test.ts', 'e2e/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'vue/component-api-style': 'off', 'vue/one-component-per-file': 'off', 'max-lines': lines(300) },
  },
)
