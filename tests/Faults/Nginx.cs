using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>An nginx of a test's own before some nodes, as a plain reverse proxy. It says in <c>X-Node</c> which node has answered.</summary>
public sealed class Nginx : IAsyncDisposable
{
    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("intotes-nginx-").FullName;
    private readonly Process process;

    private Nginx(Uri address, Func<string, string> configuration)
    {
        Address = address;
        var file = Path.Combine(directory, "nginx.conf");
        File.WriteAllText(file, configuration(directory));
        try
        {
            process = Process.Start(new ProcessStartInfo(Program, ["-p", directory, "-c", file, "-e", Path.Combine(directory, "error.log")]) { RedirectStandardInput = true })!;
        }
        catch (Win32Exception notFound)
        {
            System.IO.Directory.Delete(directory, recursive: true);
            throw new InvalidOperationException("There is no nginx: run ./test, which gets one, or name it in CHAT_TEST_NGINX.", notFound);
        }
    }

    /// <summary>Of the proxy.</summary>
    public Uri Address { get; }

    private static string Program => Environment.GetEnvironmentVariable("CHAT_TEST_NGINX") is { Length: > 0 } named ? named : "nginx";

    /// <summary>Where it keeps its files.</summary>
    public string Directory => directory;

    /// <summary>Starts a plain reverse proxy and returns once it listens.</summary>
    public static Task<Nginx> StartAsync(params IEnumerable<Uri> nodes)
    {
        var port = RedisPort.Free();
        return StartAsync(new Uri($"http://127.0.0.1:{port}"), _ => Configuration(port, nodes));
    }

    /// <summary>Starts it with a configuration and returns once it listens.</summary>
    /// <param name="address">Where it will listen.</param>
    /// <param name="configuration">Gives the configuration, for the folder in which its files are.</param>
    public static async Task<Nginx> StartAsync(Uri address, Func<string, string> configuration)
    {
        var nginx = new Nginx(address, configuration);
        var started = TimeProvider.System.GetTimestamp();
        while (!await nginx.ListensAsync())
        {
            Assert.True(!nginx.process.HasExited && TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "nginx does not start.");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        System.IO.Directory.Delete(directory, recursive: true);
    }

    /// <summary>
    /// What an administrator would write: connections to the nodes are kept, a node that does not answer is left alone for a second, and
    /// polls may wait. It is one process, so that killing it leaves none behind.
    /// </summary>
    private static string Configuration(int port, IEnumerable<Uri> nodes) =>
        $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        events { worker_connections 4096; }
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          upstream chat {
            {{string.Concat(nodes.Select(node => $"server {node.Authority} max_fails=1 fail_timeout=1s; "))}}
            keepalive 64;
          }
          server {
            listen 127.0.0.1:{{port}};
            location / {
              proxy_pass http://chat;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_connect_timeout 1s;
              proxy_read_timeout 60s;
              add_header X-Node $upstream_addr always;
            }
          }
        }
        """;

    private async Task<bool> ListensAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Address.Host, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
