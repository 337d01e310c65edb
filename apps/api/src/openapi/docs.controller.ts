import { dirname, join } from 'node:path';
import { Controller, Get, Header, Res } from '@nestjs/common';
import { type Response } from 'express';
import { CONTROLLERS } from '../controllers';
import { openApiDocument } from './document';

/** Swagger UI's own files: what a page needs, and no others. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];
const FOLDER = dirname(require.resolve('swagger-ui-dist/package.json'));

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>conversation-tasks: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/page.js"></script>
</body>
</html>
`;
/** A file of its own: the headers allow no script in the page. */
const SCRIPT =
  "SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#page', deepLinking: true, tryItOutEnabled: true });\n";

/** The documentation: of the API that answers, and for everybody. */
@Controller('docs')
export class DocsController {
  readonly #document = JSON.stringify(openApiDocument(CONTROLLERS));

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }

  @Get('openapi.json')
  @Header('content-type', 'application/json')
  document(): string {
    return this.#document;
  }

  @Get('page.js')
  @Header('content-type', 'text/javascript')
  script(): string {
    return SCRIPT;
  }

  @Get(FILES)
  file(@Res() response: Response): void {
    response.sendFile(join(FOLDER, response.req.path.split('/').at(-1)!));
  }
}
