using Gateway.Cluster;
using Gateway.EngineIO.Sessions;

using Microsoft.Extensions.Options;

namespace Gateway.Tests.Cluster;

public sealed class ClusterKeysTests
{
    private const string Node = "0123456789abcdef";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly ClusterKeys _keys = Keys("a secret of more than thirty-two characters");

    [Fact]
    public void CreateSid_OfAGateway_NamesItAndIsNeverTheSame()
    {
        var sids = Enumerable.Range(0, 1_000).Select(_ => _keys.CreateSid(Node)).ToList();

        sids.Should().OnlyHaveUniqueItems().And.OnlyContain(sid => sid.Length == ClusterKeys.SidLength);
        sids.Should().OnlyContain(sid => sid.All(character => Alphabet.Contains(character)));
        sids.Should().OnlyContain(sid => _keys.NodeOf(sid) == Node);
        sids.Should().OnlyContain(sid => !sid.Contains(Node));
    }

    [Fact]
    public void NodeOf_ASidWithOneOtherCharacter_IsNobody()
    {
        var sid = _keys.CreateSid(Node);

        for (var at = 0; at < sid.Length; at++)
        {
            foreach (var other in Alphabet.Where(character => character != sid[at]))
            {
                _keys.NodeOf($"{sid[..at]}{other}{sid[(at + 1)..]}").Should().BeNull("character {0} is another one", at);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("                                                    ")]
    [InlineData("ääääääääääääääääääääääääääääääääääääääääääääääääääää")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void NodeOf_WhatNoGatewayHasMade_IsNobody(string sid)
    {
        _keys.NodeOf(sid).Should().BeNull();
        _keys.NodeOf(_keys.CreateSid(Node) + sid + "A").Should().BeNull();
        _keys.NodeOf(SessionId.Create()).Should().BeNull();
    }

    [Fact]
    public void NodeOf_ASidByAnotherSecret_IsNobody()
    {
        Keys("a secret of more than thirty-two characterz").NodeOf(_keys.CreateSid(Node)).Should().BeNull();
    }

    [Fact]
    public void IsProof_OfAnotherSidOrSecret_IsFalse()
    {
        var (sid, other) = (_keys.CreateSid(Node), _keys.CreateSid(Node));

        _keys.IsProof(_keys.ProofOf(sid), sid).Should().BeTrue();
        _keys.IsProof(_keys.ProofOf(sid), other).Should().BeFalse();
        _keys.IsProof("", sid).Should().BeFalse();
        _keys.IsProof(sid, sid).Should().BeFalse();
        _keys.IsProof(Keys("a secret of more than thirty-two characterz").ProofOf(sid), sid).Should().BeFalse();
    }

    private static ClusterKeys Keys(string secret) => new(Options.Create(new ClusterOptions { Secret = secret }));
}
