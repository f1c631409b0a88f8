using System.Collections.Concurrent;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Features.Operators;
using Intotes.Chat.Tests.Redis;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The console behind a reverse proxy that serves the chat under a path of its own and strips it from what it passes on.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleSubPathTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    private const string Path = "/support/chat/";

    [Theory]
    [InlineData("operator")]
    [InlineData("operator/")]
    [InlineData("operator/index.html")]
    public async Task All_of_it_stays_under_the_path(string console)
    {
        var ann = await CustomerAsync("Ann", "Where is my order?");
        await using var proxy = await ProxyAsync();
        var requests = new ConcurrentQueue<string>();
        await using var dana = await ConsoleOperator.SignInAsync(
            Chromium, new Uri(proxy.Address, Path), console: console, prepare: page => page.Request += (_, request) => requests.Enqueue(new Uri(request.Url).AbsolutePath));
        Assert.EndsWith($"{Path}operator", dana.Page.Url, StringComparison.Ordinal);

        await dana.TakeNextAsync();
        await dana.SeesAsync("Where is my order?");
        await dana.NoteAsync("A regular");
        await dana.SayAsync("Let me look.");
        await SeesAsync(ann, "Where is my order?", "Let me look.");
        await ann.SayAsync("Thank you!");
        await dana.SeesAsync("Where is my order?", "A regular", "Let me look.", "Thank you!");
        await dana.ClickAsync("Overview");
        await Expect(dana.Page.Locator("#overview")).ToBeVisibleAsync();
        await dana.Page.ReloadAsync();
        await Expect(dana.Line).ToContainTextAsync("Connected");

        Assert.All(requests, path => Assert.StartsWith(Path, path, StringComparison.Ordinal));
        foreach (var asked in (string[])["operator/console.js", "operator/console.css", "operator/icons.svg", "api/v1/operator/poll", "api/v1/operator/calls/claim", "api/v1/chat/message"])
        {
            Assert.Contains(Path + asked, requests);
        }
    }

    private Task<Nginx> ProxyAsync()
    {
        var port = RedisPort.Free();
        return Nginx.StartAsync(new Uri($"http://127.0.0.1:{port}"), _ => $$"""
            daemon off;
            master_process off;
            pid nginx.pid;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
              server {
                listen 127.0.0.1:{{port}};
                location {{Path}} {
                  proxy_pass http://{{Desk.Address(0).Authority}}/;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $http_host;
                  proxy_buffering off;
                  proxy_read_timeout 60s;
                }
              }
            }
            """);
    }
}
