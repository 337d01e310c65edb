export { startCommand } from './start.command';
export { resetStack } from './reset';
export { dataFolder, stackEnvironment } from './stack-file';
