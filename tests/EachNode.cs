using System.Net.Http.Json;

namespace Intotes.Chat.Tests;

/// <summary>Requests to a node of the test's choice, where the next one in turn would not do.</summary>
public static class EachNode
{
    /// <summary>What every node answers.</summary>
    public static async Task<IReadOnlyList<Answer>> GetFromEachAsync(this ChatClient caller, ChatNodes nodes, string path)
    {
        var answers = new List<Answer>();
        foreach (var node in nodes.Addresses)
        {
            answers.Add(await caller.SendToAsync(node, HttpMethod.Get, path));
        }

        return answers;
    }

    public static Task<Answer> SendToAsync(this ChatClient caller, Uri node, HttpMethod method, string path, object? body = null) =>
        caller.SendAsync(
            method,
            path,
            body as HttpContent ?? (body is null ? null : JsonContent.Create(body)),
            request => request.RequestUri = new Uri(node, request.RequestUri!.PathAndQuery));
}
