// Stops what global-setup.js started; a stack that was there before stays.
module.exports = async () => {
  await globalThis.conversationTasksTestStack?.stop();
  globalThis.conversationTasksTestStack = undefined;
};
