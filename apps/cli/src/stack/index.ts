export { startCommand } from './start.command';
export { resetStack } from './reset';
export { stackEnvironment } from './stack-file';
