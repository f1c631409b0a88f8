using System.Text.RegularExpressions;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests;

/// <summary>The rules of the house, read from the source files themselves.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>The folder of the repository.</summary>
    internal static readonly string Root = FindRoot();

    [Theory]
    [InlineData("Features/Queue", "Features.Sessions", "Features.Messages", "Features.Operators")]
    [InlineData("Features/Sessions", "Features.Messages", "Features.Operators")]
    [InlineData("Features/Messages", "Features.Operators")]
    [InlineData("Storage", "Features", "Hosting")]
    [InlineData("Hosting", "Features")]
    public void A_room_knows_only_the_rooms_below_it(string room, params string[] others)
    {
        foreach (var file in Sources("src", "*.cs").Where(file => file.Path.StartsWith($"src/{room}/", StringComparison.Ordinal)))
        {
            foreach (var other in others)
            {
                // By using line, by full name, and by a name relative to the room's own namespace.
                Assert.False(
                    Regex.IsMatch(file.Code, $@"\bIntotes\.Chat\.{Regex.Escape(other)}\b|(?<![\w.]){Regex.Escape(other)}\.|(?<![\w.]){Regex.Escape(other.Split('.')[^1])}\.(?=[A-Z])"),
                    $"{file.Path} knows {other}.");
            }
        }
    }

    [Fact]
    public void Only_stores_and_the_storage_name_the_client_of_redis()
    {
        var strangers = Sources("src", "*.cs").Where(file =>
            file.Code.Contains("StackExchange", StringComparison.Ordinal)
            && !file.Path.StartsWith("src/Storage/", StringComparison.Ordinal)
            && !file.Path.EndsWith("Store.cs", StringComparison.Ordinal));

        Assert.Empty(strangers.Select(file => file.Path));
    }

    [Fact]
    public void Only_endpoints_and_hosting_name_types_of_http()
    {
        var strangers = Sources("src/Features", "*.cs").Where(file =>
            (file.Code.Contains("Microsoft.AspNetCore.Http", StringComparison.Ordinal) || HttpType().IsMatch(file.Code))
            && !IsEndpoint(file)
            && !file.Path.EndsWith("Result.cs", StringComparison.Ordinal)
            && !file.Path.EndsWith("Middleware.cs", StringComparison.Ordinal));

        Assert.Empty(strangers.Select(file => file.Path));
    }

    [Fact]
    public void No_endpoint_knows_another()
    {
        var endpoints = Sources("src/Features", "*.cs").Where(file => EndpointClass().IsMatch(file.Code)).ToList();
        Assert.True(endpoints.Count >= 11, "The endpoints were not found.");

        foreach (var file in endpoints)
        {
            var own = EndpointClass().Match(file.Code).Groups[1].Value;
            foreach (var other in endpoints.Select(e => EndpointClass().Match(e.Code).Groups[1].Value).Where(name => name != own))
            {
                // A name before a parenthesis is a method of a store; one behind a dot belongs to something else.
                Assert.False(Regex.IsMatch(file.Code, $@"(?<![\w.]){other}(?:\.|\b\s+\w|>)"), $"{file.Path} knows {other}.");
            }
        }
    }

    [Fact]
    public void An_endpoint_is_one_file_named_after_it()
    {
        foreach (var file in Sources("src/Features", "*.cs"))
        {
            var classes = EndpointClass().Matches(file.Code);
            Assert.True(classes.Count == 0 || (classes.Count == 1 && file.Path.EndsWith($"/{classes[0].Groups[1].Value}.cs", StringComparison.Ordinal)), file.Path);
        }
    }

    [Fact]
    public void No_interface_of_ours_stands_before_its_only_implementation() =>
        Assert.Empty(Sources("src", "*.cs").Where(file => InterfaceDeclaration().IsMatch(file.Code)).Select(file => file.Path));

    [Fact]
    public void No_folder_is_a_drawer_for_everything()
    {
        string[] drawers = ["Common", "Helpers", "Utils", "Utilities", "Services", "Shared", "Misc"];

        var folders = Sources("", "*").SelectMany(file => file.Path.Split('/')[..^1]).Distinct();

        Assert.Empty(folders.Intersect(drawers, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Files_are_short()
    {
        Assert.True(Sources("src", "Program.cs").Single().Lines <= 40, "Program.cs has more than 40 lines.");

        string[] kinds = [".cs", ".lua", ".js"];
        Assert.Empty(Sources("", "*").Where(file => kinds.Contains(Path.GetExtension(file.Path)) && file.Lines > 250).Select(file => $"{file.Path}: {file.Lines}"));
    }

    [Fact]
    public void Every_script_says_what_it_takes_and_what_it_replies()
    {
        var scripts = Sources("src", "*.lua").ToList();
        var included = scripts.SelectMany(script => IncludeLine().Matches(script.Text).Select(line => line.Groups[1].Value + ".lua")).ToHashSet();
        Assert.Contains("session.lua", included);

        foreach (var script in scripts)
        {
            var header = script.Text.Split('\n').TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal)).ToList();
            Assert.True(header.Count > 0, $"{script.Path} has no header.");
            string[] words = included.Contains(Path.GetFileName(script.Path)) ? ["KEYS"] : ["-- KEYS  ", "-- ARGV  ", "-- Reply "];
            foreach (var word in words)
            {
                Assert.True(header.Exists(line => line.Contains(word, StringComparison.Ordinal)), $"{script.Path} does not say {word.Trim('-', ' ')}.");
            }
        }
    }

    [Fact]
    public void A_durable_script_can_reply_what_its_header_excepts()
    {
        // Loading a script fails where its header has an unknown line or its includes form a circle.
        foreach (var script in typeof(Scripts).GetFields().Select(field => (Script)field.GetValue(null)!).Where(script => script.IsDurable))
        {
            Assert.Empty(script.Refusals.Where(word => !script.Text.Contains($"'{word}'", StringComparison.Ordinal)).Select(word => $"{script.Name}.lua: {word}"));
        }
    }

    [Fact]
    public void Scripts_touch_only_keys_that_they_are_given()
    {
        foreach (var script in Sources("src", "*.lua"))
        {
            Assert.DoesNotContain("chat:", script.Text, StringComparison.Ordinal);
            Assert.Empty(RedisCall().Matches(script.Text).Where(call => call.Groups[1].Value is not "TIME" && call.Groups[2].Value is not "KEYS").Select(call => $"{script.Path}: {call.Value}"));
        }
    }

    [Fact]
    public void The_names_of_the_keys_do_not_change()
    {
        Assert.Equal("chat:{s:ID}", Keys.Session("ID"));
        Assert.Equal(["chat:{s:ID}", "chat:{s:ID}:messages", "chat:{s:ID}:sent"], Keys.OfSession("ID")[..3].Select(key => (string)key!));
        Assert.Equal(
            ["chat:{q:support}:waiting", "chat:{q:support}:calls", "chat:{q:support}:leases", "chat:{q:support}:claims"],
            Keys.OfQueue("support")[..4].Select(key => (string)key!));
        // base64url(SHA-256("user")), by: printf user | openssl dgst -sha256 -binary | basenc --base64url
        const string user = "chat:{u:BPiZbadjt6lpsQKO4wB1aerzpjVIbdqyEdUSyFud-Ps}";
        Assert.Equal([user, user + ":earlier"], Keys.OfAccount("user")[..2].Select(key => (string)key!));
    }

    private static bool IsEndpoint(Source file) => EndpointClass().IsMatch(file.Code) || file.Code.Contains(": Group\n", StringComparison.Ordinal);

    private static IEnumerable<Source> Sources(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => path.Split('/')[0] is "src" or "tests" or "samples" or "bench" && !path.Split('/').Any(part => part is "bin" or "obj" or "node_modules" || part.StartsWith('.')))
            .Select(path => new Source(path, File.ReadAllText(Path.Combine(Root, path))));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Intotes.Chat.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"class (\w+)(?:\([^)]*\))?\s*:\s*Endpoint(?:WithoutRequest)?\b")]
    private static partial Regex EndpointClass();

    [GeneratedRegex(@"\b(?:I?HttpContext(?:Accessor)?|Http(?:Request|Response)|IResult|TypedResults|Results<|StatusCodes|ProblemHttpResult|IFormFile|CookieOptions|IHeaderDictionary)\b")]
    private static partial Regex HttpType();

    [GeneratedRegex(@"\binterface\s+I[A-Z]")]
    private static partial Regex InterfaceDeclaration();

    [GeneratedRegex(@"^-- @include (\w+)$", RegexOptions.Multiline)]
    private static partial Regex IncludeLine();

    [GeneratedRegex(@"\b(?:redis\.p?call|note|write)\(\s*'?(\w+)'?(?:\s*,\s*(\w+))?")]
    private static partial Regex RedisCall();

    /// <param name="Path">From the root of the repository, with slashes.</param>
    private sealed partial record Source(string Path, string Text)
    {
        public int Lines => Text.AsSpan().Count('\n');

        /// <summary>Without comments, which may name what they like.</summary>
        public string Code => Comment().Replace(Text, "");

        [GeneratedRegex(@"(?<!:)//.*$", RegexOptions.Multiline)]
        private static partial Regex Comment();
    }
}
